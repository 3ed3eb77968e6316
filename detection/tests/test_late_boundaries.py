"""What a late transaction touches: 30 days to the microsecond, by account or counterparty, in one currency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from detection.models import Alert, Assessment, LateBatch, Reassessment, ReassessmentRun
from detection.pipeline.late import selectors
from detection.pipeline.late.affected import (
    EntitySpan,
    affected_transactions,
    late_arrival_cause,
    send_for_out_of_order,
)
from detection.pipeline.late.late_batch_record import _EntitySpans
from detection.pipeline.late.reassessment import PriorAssessment, prior_assessments
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import NotAllowed, NotFound
from tests import factories
from tests.support.clients import signed_in
from transactions.models import Account, Counterparty, Transaction

pytestmark = pytest.mark.django_db
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
MONTH = 30 * DAY
LATE_AT = factories.NOON


def decided(of: Account, counterparty: Counterparty | None = None, **fields: Any) -> Transaction:
    """A transaction at another counterparty than anybody else's, or at that one."""
    shop = counterparty or Counterparty.objects.create(
        source=of.source, external_id=f"M-{Transaction.objects.count() + 10}"
    )
    row = factories.transaction(of=of, **{"occurred_at": LATE_AT + DAY, **fields})
    row.counterparty = shop
    row.save(update_fields=["counterparty"])
    return row


@pytest.fixture
def account():
    return factories.account("A-1")


@pytest.mark.parametrize(
    ("after", "is_touched"),
    [(-INSTANT, False), (0 * DAY, False), (INSTANT, True), (MONTH - INSTANT, True), (MONTH, True), (MONTH + INSTANT, False)],
)  # fmt: skip
def test_a_late_transaction_touches_what_occurred_in_the_thirty_days_after_it(after, is_touched, account):
    earlier = decided(account, occurred_at=LATE_AT + after)
    late = decided(account, occurred_at=LATE_AT)
    affected = affected_transactions(late.batch)
    assert (affected.late, affected.ids.tolist()) == ((1, [earlier.pk]) if is_touched else (0, []))


@pytest.mark.parametrize(
    ("change", "is_touched"),
    [("nothing", True), ("account", False), ("currency", False), ("counterparty", True), ("no counterparty", True)],
)
def test_a_late_transaction_touches_its_own_account_counterparty_and_currency(change, is_touched, account):
    shop = Counterparty.objects.create(source=account.source, external_id="M-shared")
    other = factories.account("A-2", of=account.source)
    earlier = decided(
        other if change in ("account", "counterparty") else account, currency="EUR" if change == "currency" else "USD",
        **({"counterparty": shop} if change == "counterparty" else {}),
    )  # fmt: skip
    late = decided(account, occurred_at=LATE_AT, **({"counterparty": shop} if change == "counterparty" else {}))
    if change == "no counterparty":
        Transaction.objects.filter(pk__in=[earlier.pk, late.pk]).update(counterparty=None)
    assert affected_transactions(late.batch).ids.tolist() == ([earlier.pk] if is_touched else [])


def test_two_without_a_counterparty_have_none_in_common(account):
    earlier, late = decided(account), decided(factories.account("A-2", of=account.source), occurred_at=LATE_AT)
    Transaction.objects.filter(pk__in=[earlier.pk, late.pk]).update(counterparty=None)
    assert affected_transactions(late.batch).ids.tolist() == []


def test_what_came_in_after_the_batch_is_not_touched(account):
    earlier, late = decided(account), decided(account, occurred_at=LATE_AT)
    decided(account)
    assert affected_transactions(late.batch).ids.tolist() == [earlier.pk]


def test_a_batch_in_order_and_an_empty_one_touch_nothing(account, source):
    decided(account, occurred_at=LATE_AT)
    in_order = decided(account, occurred_at=LATE_AT + DAY)
    for batch in (in_order.batch, scenarios.batch(source, 0)):
        affected = affected_transactions(batch)
        assert (affected.late, affected.ids.tolist()) == (0, [])


@pytest.mark.parametrize(
    ("first", "is_out_of_order"),
    [(LATE_AT, True), (LATE_AT + DAY - INSTANT, True), (LATE_AT + DAY, False), (LATE_AT + 2 * DAY, False),
     (LATE_AT + DAY - MONTH, True), (LATE_AT + DAY - MONTH - INSTANT, False)],
)  # fmt: skip
@pytest.mark.parametrize("entity", ["account", "counterparty"])
@pytest.mark.parametrize("number", [1, 2])
def test_the_quick_look_asks_whether_anything_was_decided_after_the_beginning(
    entity, first, is_out_of_order, number, account
):
    earlier = decided(account)
    pk = getattr(earlier, f"{entity}_id")
    spans = [EntitySpan(pk, first, first, earlier.pk + 1), EntitySpan(pk + 10_000, LATE_AT, LATE_AT, earlier.pk + 1)]
    assert send_for_out_of_order(earlier.batch_id + 1, {entity: spans[:number]})() is is_out_of_order


def test_the_quick_look_leaves_out_the_batch_itself_and_what_came_after(account):
    earlier = decided(account)
    span = EntitySpan(account.pk, LATE_AT, LATE_AT, earlier.pk + 1)
    assert not send_for_out_of_order(earlier.batch_id, {"account": [span]})()
    assert not send_for_out_of_order(earlier.batch_id + 1, {"account": [span._replace(id=earlier.pk)]})()
    assert send_for_out_of_order(earlier.batch_id + 1, {"account": [span], "counterparty": []})()


def test_spans_hold_the_first_and_last_moment_and_the_greatest_id_of_each():
    moments: list[tuple[int, Any, int]] = [(1, 1, 0), (2, 2, 5), (3, 1, 2), (4, 1, 1), (5, None, 0)]
    rows = [Transaction(id=pk, account_id=owner, occurred_at=LATE_AT + day * DAY) for pk, owner, day in moments]
    spans = _EntitySpans(rows, "account_id")
    assert spans.is_out_of_order
    assert spans.spans() == [
        EntitySpan(1, LATE_AT, LATE_AT + 2 * DAY, 4), EntitySpan(2, LATE_AT + 5 * DAY, LATE_AT + 5 * DAY, 2)
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "expected"), [([0, 0, 1], False), ([1, 0], True), ([0], False), ([], False)])
def test_a_batch_is_out_of_order_in_itself_when_a_later_row_occurred_earlier(days, expected):
    rows = [Transaction(id=pk, account_id=1, occurred_at=LATE_AT + day * DAY) for pk, day in enumerate(days, start=1)]
    assert _EntitySpans(rows, "account_id").is_out_of_order is expected
    nobody = [
        Transaction(id=pk, counterparty_id=None, occurred_at=row.occurred_at) for pk, row in enumerate(rows, start=1)
    ]
    assert not _EntitySpans(nobody, "counterparty_id").is_out_of_order


def test_the_cause_names_the_first_late_transaction_and_how_many_there_are(account):
    shop = Counterparty.objects.create(source=account.source, external_id="M-shared")
    touched = decided(account, counterparty=shop)
    late = decided(account, occurred_at=LATE_AT)
    by_shop = decided(factories.account("A-2", of=account.source), occurred_at=LATE_AT + 2 * INSTANT, counterparty=shop)
    stranger = decided(factories.account("A-3", of=account.source), occurred_at=LATE_AT - DAY)
    too_old = decided(account, occurred_at=LATE_AT + DAY - MONTH - INSTANT)
    other_currency = decided(account, occurred_at=LATE_AT, currency="EUR")
    Transaction.objects.filter(pk__in=[row.pk for row in (by_shop, stranger, too_old, other_currency)]).update(
        batch=late.batch
    )
    cause = late_arrival_cause(touched, late.batch_id)
    assert cause == {
        "batch": late.batch_id, "count": 2, "external_id": late.external_id, "transaction": late.pk,
        "occurred_at": "2026-03-02T12:00:00.000000Z", "of": "account",
    }  # fmt: skip
    Transaction.objects.filter(pk=late.pk).update(occurred_at=LATE_AT + 2 * DAY)
    again = late_arrival_cause(touched, late.batch_id)
    assert (again["count"], again["of"], again["external_id"]) == (1, "counterparty", by_shop.external_id)


@pytest.fixture
def looked_at(account):
    """Two late batches of two sources and a run each; of the first, one transaction came out otherwise, with an alert."""
    runs: list[ReassessmentRun] = []
    for of in (account, factories.account("B-1")):
        row, brought = decided(of), decided(of, occurred_at=LATE_AT)
        Assessment.objects.create(transaction=row, outcome="approve", score=0.25, assessed_at=clock.now())
        run = ReassessmentRun.objects.create(source=of.source, as_of=brought.pk, requested_by=system_actor("reassess"))
        is_first = not runs
        alert = factories.alert(of=of) if is_first else None
        Reassessment.objects.create(
            transaction=row, run=run, batch=brought.batch, outcome_before="approve",
            outcome="review" if is_first else "approve", score_before=0.25, score=0.75 if is_first else 0.3, alert=alert,
            model_version=factories.model_version(), feature_set="account-1", features=b"", digest="0" * 64,
        )  # fmt: skip
        LateBatch.objects.create(
            batch=brought.batch,
            source=of.source,
            run=run,
            late=1,
            touched=len(runs) + 2,
            changed=1,
            raised=int(is_first),
        )
        runs.append(run)
    return runs


@pytest.mark.parametrize(
    ("query", "positions"),
    [
        ({}, [0, 1]), ({"outcome": "review"}, [0]), ({"outcome": "approve"}, [1]), ({"outcome": "block"}, []),
        ({"raised": "true"}, [0]), ({"raised": "false"}, [1]), ({"run": 0}, [0]), ({"batch": 1}, [1]),
        ({"transaction": 1}, [1]), ({"run": 0, "batch": 1}, []),
    ],
)  # fmt: skip
def test_reassessments_are_filtered_by_each_of_what_made_them(query, positions, looked_at, analyst):
    rows = list(Reassessment.objects.order_by("pk"))
    ids = {name: [getattr(row, f"{name}_id") for row in rows] for name in ("run", "batch", "transaction")}
    asked = {name: ids[name][value] if name in ids else value for name, value in query.items()}
    answer = signed_in(analyst).get("/api/v1/reassessments", asked).json()["results"]
    assert sorted(row["id"] for row in answer) == [rows[position].pk for position in positions]
    assert {row["id"]: row["alert_raised"] for row in answer} == {
        rows[position].pk: position == 0 for position in positions
    }


def test_runs_are_filtered_by_source_and_counted_by_their_own_batches(looked_at, analyst):
    first, second = looked_at
    rows = signed_in(analyst).get("/api/v1/reassessment-runs", {"source": second.source.slug}).json()["results"]
    assert [(row["id"], row["source"]) for row in rows] == [(second.pk, second.source.slug)]
    counts = {run.pk: selectors.reassessment_run_counts(analyst, run) for run in looked_at}
    assert counts[first.pk] == {"batches": 1, "late": 1, "touched": 2, "left_out": 0, "changed": 1, "raised": 1}
    assert counts[second.pk] == {"batches": 1, "late": 1, "touched": 3, "left_out": 0, "changed": 1, "raised": 0}


def test_a_batch_without_late_rows_has_nothing_to_show_and_an_unknown_one_is_not_found(looked_at, analyst):
    in_order = decided(factories.account("C-1")).batch
    assert selectors.late_batch_of(analyst, in_order.pk) is None
    assert signed_in(analyst).get(f"/api/v1/batches/{in_order.pk}/late").status_code == 404
    with pytest.raises(NotFound):
        selectors.late_batch_of(analyst, 10**9)


def test_what_stands_is_what_the_newest_look_made_of_it(looked_at):
    first, second = Reassessment.objects.order_by("pk")
    unassessed = factories.transaction()
    Assessment.objects.filter(pk=second.transaction_id).update(fired=[7], outcome="block")
    Alert.objects.filter(reassessment=first).update(transaction_id=first.transaction_id)
    prior = prior_assessments([first.transaction_id, second.transaction_id, unassessed.pk])
    assert prior == {
        first.transaction_id: PriorAssessment("review", 0.75, first.model_version_id, "approve", True),
        second.transaction_id: PriorAssessment("approve", 0.3, second.model_version_id, "block", False),
    }


def test_a_stranger_reads_nothing_of_what_was_touched(looked_at, stranger):
    for read in (selectors.reassessments_visible, selectors.reassessment_runs):
        with pytest.raises(NotAllowed):
            read(stranger)
    with pytest.raises((NotAllowed, NotFound)):
        selectors.reassessments_of(stranger, Reassessment.objects.earliest("pk").transaction_id)
