"""Batches that were decided at the same time and could not see each other are found, and looked at again."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F

from detection.choices import ModelStage
from detection.features import history
from detection.features.definition import STATISTICS
from detection.models import Assessment, LateBatch, ModelVersion, OverlapCheck, Reassessment, ReassessmentRun
from detection.pipeline.late.affected import affected_transactions, late_arrival_cause
from detection.pipeline.late.overlaps import overlaps_record
from detection.pipeline.late.reassess_due import reassess_due
from detection.tests import scenarios
from finobs.core import clock
from finobs.core.db.visibility import oldest_running
from tests import factories
from tests.support.threads import elsewhere
from transactions.choices import IngestMethod
from transactions.models import Account, Batch, Counterparty, Transaction
from transactions.services import RawRow, ingest

pytestmark = [pytest.mark.django_db(transaction=True)]
postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: on SQLite nothing is decided at the same time"
)
DAY = timedelta(days=1)
START = factories.NOON + 40 * DAY


@pytest.fixture
def feed(db):
    from finobs.accounts.roles import synchronise

    synchronise()
    return factories.user("feed", role="admin")


@pytest.fixture
def bank(feed, gathered):
    """A source with a model in force that looks at histories."""
    source = factories.source("bank")
    scenarios.champion(source, factories.user("Root", is_superuser=True), 600)
    for number in (7, 8):
        # Known names: of two that make a new one, the second waits for the first.
        Account.objects.create(source=source, external_id=f"A-{number}")
        Counterparty.objects.create(source=source, external_id=f"M-{number}")
    return source


@pytest.fixture
def gathered(monkeypatch):
    monkeypatch.setattr("detection.hooks.group", lambda _: None)


def row(name: str, at: Any, amount: str = "30.00", account: str = "A-7", shop: str = "M-7") -> RawRow:
    return RawRow(fields={
        "external_id": name, "account": account, "counterparty": shop, "occurred_at": at.isoformat(),
        "amount": amount, "currency": "USD",
    })  # fmt: skip


def take(feed: Any, bank: Any, *rows: RawRow) -> Batch:
    return ingest(actor=feed, source=bank, rows=rows, method=IngestMethod.REST).batch


@contextmanager
def meanwhile(feed: Any, bank: Any, *rows: RawRow) -> Any:
    """A batch whose transaction is open while the block runs."""
    with transaction.atomic():
        yield take(feed, bank, *rows)


def statistics_of(name: str) -> dict[str, int]:
    """Of a transaction's history, with all that is before it now."""
    of = Transaction.objects.get(external_id=name)
    values = history.of_transactions([of])
    return {each: int(values[each][0]) for each in STATISTICS}


@postgresql_only
def test_a_row_that_was_not_committed_yet_is_known_in_the_end_to_one_decided_meanwhile(feed, bank):
    with meanwhile(feed, bank, row("first", START, "9000.00")) as missed:
        blind = elsewhere(lambda: take(feed, bank, row("second", START + DAY)))
    before = Assessment.objects.get(transaction__external_id="second")
    assert statistics_of("second")["account_count_7"] == 1
    assert reassess_due() == 1
    late = LateBatch.objects.get()
    assert (late.pk, late.missed_by, late.late, late.touched) == (missed.pk, [blind.pk], 1, 1)
    again = Reassessment.objects.get()
    assert again.transaction_id == before.pk
    assert again.score_before == before.score != again.score
    # In turn, with the same model: what it should have been at once.
    with transaction.atomic():
        take(feed, bank, row("third", START, "9000.00", "A-8", "M-8"))
        take(feed, bank, row("fourth", START + DAY, "30.00", "A-8", "M-8"))
    assert Assessment.objects.get(transaction__external_id="fourth").score == again.score


@postgresql_only
def test_the_one_with_greater_ids_is_late_for_the_other_where_it_occurred_before(feed, bank):
    with meanwhile(feed, bank, row("newer", START + DAY)) as blind:
        missed = elsewhere(lambda: take(feed, bank, row("older", START, "9000.00")))
    assert not LateBatch.objects.exists()
    assert reassess_due() == 1
    assert LateBatch.objects.values_list("pk", "missed_by").get() == (missed.pk, [blind.pk])
    assert Reassessment.objects.get().transaction.external_id == "newer"


@postgresql_only
def test_either_misses_what_is_before_it_in_the_other(feed, bank):
    with meanwhile(feed, bank, row("a-1", START), row("a-2", START + 2 * DAY)) as one:
        two = elsewhere(lambda: take(feed, bank, row("b-1", START + DAY), row("b-2", START + 3 * DAY)))
    assert overlaps_record() == 2
    assert dict(LateBatch.objects.values_list("pk", "missed_by")) == {one.pk: [two.pk], two.pk: [one.pk]}
    touched = {each.pk: affected_transactions(each.batch, each.missed_by) for each in LateBatch.objects.all()}
    names = dict(Transaction.objects.values_list("pk", "external_id"))
    assert [names[each] for each in touched[one.pk].ids.tolist()] == ["b-1", "b-2"]
    assert [names[each] for each in touched[two.pk].ids.tolist()] == ["a-2"]
    assert [touched[each.pk].late for each in (one, two)] == [2, 1]


@postgresql_only
def test_what_occurred_in_the_same_moment_counts_by_its_id(feed, bank):
    with meanwhile(feed, bank, row("lesser", START)) as missed:
        blind = elsewhere(lambda: take(feed, bank, row("greater", START)))
    lesser, greater = (Transaction.objects.get(external_id=name) for name in ("lesser", "greater"))
    assert affected_transactions(missed, [blind.pk]).ids.tolist() == [greater.pk]
    assert affected_transactions(blind, [missed.pk]).ids.tolist() == []
    assert late_arrival_cause(greater, missed.pk, [blind.pk])["transaction"] == lesser.pk
    assert reassess_due() == 1


@postgresql_only
@pytest.mark.parametrize(
    "other",
    [
        {"account": "A-8", "shop": "M-8"},
        {"at": START - 31 * DAY},
        {"at": START + 31 * DAY},
    ],
    ids=["nobody in common", "too long before", "too long after"],
)  # fmt: skip
def test_who_has_nothing_to_do_with_each_other_is_left_alone(other, feed, bank):
    with meanwhile(feed, bank, row("one", START)):
        elsewhere(lambda: take(feed, bank, row("two", other.pop("at", START), **other)))
    assert reassess_due() == 0
    assert not LateBatch.objects.exists()


@postgresql_only
def test_batches_one_after_the_other_are_no_overlap(feed, bank):
    take(feed, bank, row("one", START))
    elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
    assert overlaps_record() == 0


@postgresql_only
def test_a_batch_that_was_rolled_back_was_missed_by_nobody(feed, bank):
    with transaction.atomic():
        take(feed, bank, row("one", START))
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
        transaction.set_rollback(True)
    assert reassess_due() == 0


@postgresql_only
def test_a_pair_is_left_for_later_while_one_of_it_is_open(feed, bank):
    with meanwhile(feed, bank, row("one", START)) as missed:
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
        assert elsewhere(overlaps_record) == 0
    assert overlaps_record() == 1
    assert LateBatch.objects.get().pk == missed.pk
    assert overlaps_record() == 0


@postgresql_only
def test_what_was_looked_at_already_is_looked_at_once_more(feed, bank):
    take(feed, bank, row("newest", START + 3 * DAY))
    with meanwhile(feed, bank, row("one", START)) as missed:
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
    # It was late for the newest, too.
    assert LateBatch.objects.filter(pk=missed.pk).exists()
    future = (oldest_running() or 0) + 1_000_000
    check, _ = OverlapCheck.objects.update_or_create(pk=1, defaults={"xid": future})
    LateBatch.objects.filter(pk=missed.pk).update(run=None, missed_by=[])
    # A transaction of another database of the same server, as of tests beside these, may be older than the batches.
    with mock.patch("detection.pipeline.late.overlaps.oldest_running", return_value=future):
        assert reassess_due() >= 1
    assert LateBatch.objects.filter(pk=missed.pk, run__isnull=False).exists()
    check.xid = 0
    check.save()
    assert reassess_due() >= 1
    late = LateBatch.objects.get(pk=missed.pk)
    assert late.run is not None
    assert (late.run.state, len(late.missed_by), late.touched) == ("done", 1, 2)


@postgresql_only
def test_batches_of_a_restored_database_are_no_overlaps_for_ever(feed, bank):
    with meanwhile(feed, bank, row("one", START)):
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
    Batch.objects.update(xid=F("xid") + 10**9)
    OverlapCheck.objects.update_or_create(pk=1, defaults={"xid": 10**9})
    assert overlaps_record() == 0
    assert not LateBatch.objects.exists()
    assert OverlapCheck.objects.get().xid < 10**9


@postgresql_only
def test_without_a_model_that_looks_at_histories_nobody_is_late(feed, bank):
    ModelVersion.objects.update(stage=ModelStage.RETIRED)
    with meanwhile(feed, bank, row("one", START)):
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
    assert overlaps_record() == 0
    assert not LateBatch.objects.exists()


@postgresql_only
def test_a_batch_that_a_run_is_at_work_on_waits_for_its_end(feed, bank):
    with meanwhile(feed, bank, row("one", START)) as missed:
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
    run = ReassessmentRun.objects.create(source=bank, as_of=1, state="queued", requested_by=feed)
    late, _ = LateBatch.objects.get_or_create(pk=missed.pk, defaults={"source": bank})
    LateBatch.objects.filter(pk=late.pk).update(run=run, missed_by=[])
    OverlapCheck.objects.update_or_create(pk=1, defaults={"xid": 0})
    assert overlaps_record() == 0
    assert LateBatch.objects.get(pk=missed.pk).run == run
    ReassessmentRun.objects.update(state="done", ended_at=clock.now())
    assert overlaps_record() == 1
    assert LateBatch.objects.get(pk=missed.pk).run is None


@postgresql_only
def test_a_look_that_takes_too_long_stops_nothing_that_is_due(feed, bank, monkeypatch, caplog):
    monkeypatch.setattr("detection.pipeline.late.reassess_due.overlaps_record", mock.Mock(side_effect=OperationalError))
    with meanwhile(feed, bank, row("one", START)) as missed:
        elsewhere(lambda: take(feed, bank, row("two", START + DAY)))
    LateBatch.objects.create(batch=missed, source=bank)
    reassess_due()
    assert LateBatch.objects.get().run is not None
    assert "could not be looked for" in caplog.text


@postgresql_only
def test_a_database_that_counts_anew_is_looked_at_from_its_new_beginning(feed, bank):
    OverlapCheck.objects.create(pk=1, xid=1 << 60)
    assert overlaps_record() == 0
    assert OverlapCheck.objects.get().xid < 1 << 60


@pytest.mark.skipif(connection.vendor == "postgresql", reason="needs SQLite: it has one writer")
def test_on_sqlite_there_is_nothing_to_look_for(feed, bank):
    take(feed, bank, row("one", START))
    assert overlaps_record() == 0
    assert not OverlapCheck.objects.exists()
    assert Batch.objects.filter(xid=None, snapshot="").count() == Batch.objects.count()
