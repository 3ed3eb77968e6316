"""Labels that come weeks later: what was decided is described again, bit for bit, as it was."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from detection.features import history
from detection.models import Alert
from detection.pipeline.assess import assess
from detection.pipeline.replay import replay
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from tests import factories
from transactions.models import Transaction
from transactions.row_validation import RawRow
from transactions.services import labels_add

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def said(row, suspicious=True, known=DAY):
    known_at = (row.occurred_at + known).isoformat()
    return RawRow({"external_id": row.external_id, "is_suspicious": str(suspicious), "label_known_at": known_at})


def add(source, *rows):
    done = labels_add(actor=system_actor("import"), source=source, rows=list(rows))
    assert not any(row.status == "refused" for row in done.rows), done.rows
    return done


def numbers(rows):
    return {name: values.tolist() for name, values in history.of_transactions(rows).items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_described_again_is_as_stored_whatever_was_labelled_and_corrected_since(source, gathered, seed):
    """Batches and labels by turns; some labels are corrected, taken back and confirmed again."""
    chance = random.Random(seed)
    rows, stored = [], []
    for number in range(9):
        start = factories.NOON + number * 2 * DAY
        came = scenarios.transactions(source, scenarios.usual_amounts(12, seed=seed * 100 + number))
        for index, row in enumerate(came):
            row.occurred_at = start + timedelta(hours=chance.randrange(-30, 40), minutes=index)
        Transaction.objects.bulk_update(came, ["occurred_at"])
        rows += came
        stored.append((came, numbers(came)))
        chosen = chance.sample(rows, 6)
        add(
            source,
            *(said(row, chance.random() < 0.7, chance.choice([1, 8, 12]) * DAY + number * DAY / 9) for row in chosen),
        )
    assert any(sum(kept["counterparty_frauds_30"]) for _, kept in stored)
    for came, kept in stored:
        assert numbers(came) == kept
    together = numbers(rows)
    for name in together:
        assert together[name] == [value for _, kept in stored for value in kept[name]]
    for row in rows[::7]:
        alone = numbers([row])
        assert all(alone[name] == [together[name][rows.index(row)]] for name in together)


def test_a_label_that_names_an_earlier_moment_is_told_to_nobody_who_was_there_before(source):
    first, decided = scenarios.transactions(source, [1_000, 2_000])
    add(source, said(first, known=timedelta(0)))
    (after,) = scenarios.transactions(source, [3_000], occurred_at=factories.NOON + DAY)
    name = "account_frauds_7"
    assert numbers([decided])[name] == [0]
    assert numbers([after])[name] == [1]


def test_a_correction_is_told_to_those_after_it_only(source):
    first, *_ = scenarios.transactions(source, [1_000])
    add(source, said(first, known=timedelta(0)))
    (between,) = scenarios.transactions(source, [2_000], occurred_at=factories.NOON + DAY)
    add(source, said(first, False, timedelta(0)))
    (after,) = scenarios.transactions(source, [3_000], occurred_at=factories.NOON + DAY)
    assert numbers([between, after])["account_frauds_7"] == [1, 0]


def test_an_alert_keeps_what_it_rested_on_after_late_labels(source, gathered, superuser):
    scenarios.champion(source, superuser)
    (row,) = scenarios.transactions(source, [80_000_000], occurred_at=factories.NOON + 6 * DAY)
    assess(batch=row.batch, transactions=[row])
    alert = Alert.objects.get()
    others = Transaction.objects.exclude(pk=row.pk).order_by("pk")[:20]
    add(source, *(said(each, known=timedelta(0)) for each in others))
    assert replay(alert).differences == []
    kept = {name: [int(value)] for name, value in alert.snapshot["history"].items()}
    assert numbers([row]) == kept
