"""What came in late is known to what it touches: recomputed within 30 days, recorded, and an alert where one is due."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detection.alerts.selectors import transaction_explanation
from detection.decisions.selectors import decisions_of
from detection.features import ACCOUNT, history
from detection.models import Alert, Assessment, LateBatch, OverlapCheck, Reassessment, ReassessmentRun
from detection.pipeline.active import active_detectors
from detection.pipeline.assess import assess
from detection.pipeline.batch_assessment import BatchAssessment
from detection.pipeline.late import affected, reassess
from detection.pipeline.late import reassess_due as due_runs
from detection.pipeline.late.late_batch_record import SETTLING_TIME
from detection.pipeline.late.reassess_due import reassess_due
from detection.pipeline.replay import replay
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.lease import Heartbeat, LeaseLost
from finobs.core.jobs.worker import run_claimed
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from tests import factories
from transactions.models import Account, Batch, Counterparty, Transaction

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
START = factories.NOON + 40 * DAY


def come(source, *given, account="A-1", shop="M-1", method="rest"):
    """One batch of (when, amount) of these two, assessed as `ingest` does."""
    into = Batch.objects.create(source=source, method=method, actor=system_actor("test"), received=len(given))
    owner, _ = Account.objects.get_or_create(source=source, external_id=account)
    other = Counterparty.objects.get_or_create(source=source, external_id=shop)[0] if shop else None
    first = Transaction.objects.count()
    rows = Transaction.objects.bulk_create(
        Transaction(
            source=source, external_id=f"L-{first + index}", batch=into, position=index, account=owner, counterparty=other,
            occurred_at=at, received_at=at, amount_minor=amount, currency="USD", digest=(first + index).to_bytes(32, "big"),
        )
        for index, (at, amount) in enumerate(given)
    )  # fmt: skip
    assess(batch=into, transactions=rows)
    return rows


@pytest.fixture
def model(source, gathered, superuser):
    return scenarios.champion(source, superuser)


@pytest.fixture
def usual(source, model):
    """An account of its own, with three small payments a day apart and a large one that follows large ones."""
    return come(source, (START, 3_000), (START + DAY, 3_100), (START + 2 * DAY, 2_900), account="A-2", shop="M-2")


def test_what_comes_in_order_leaves_nothing_to_do(source, usual):
    come(source, (START + 3 * DAY, 3_000), account="A-2", shop="M-2")
    assert not LateBatch.objects.exists()
    assert reassess_due() == 0


def test_a_late_payment_is_due_at_once_and_a_file_once_it_has_settled(source, usual):
    come(source, (START - DAY, 3_000), account="A-2", shop="M-2")
    come(source, (START - DAY, 3_000), account="A-2", shop="M-2", method="file")
    first, second = LateBatch.objects.order_by("pk")
    assert first.due_at <= clock.now()
    assert timedelta() < second.due_at - clock.now() <= SETTLING_TIME


def test_rows_of_one_batch_overtake_one_another_too(source, model):
    come(source, (START + DAY, 3_000), (START, 3_000), account="A-2", shop="M-2")
    assert LateBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("account", "shop", "is_late"), [("A-2", "M-9", True), ("A-9", "M-2", True), ("A-9", "M-9", False)]
)
def test_either_the_account_or_the_counterparty_is_enough(source, usual, account, shop, is_late):
    come(source, (START + DAY / 2, 3_000), account=account, shop=shop)
    assert LateBatch.objects.exists() is is_late
    reassess_due()
    assert set(Reassessment.objects.values_list("transaction_id", flat=True)) <= {row.pk for row in usual[1:]}
    assert LateBatch.objects.filter(touched=2, late=1).exists() is is_late


def test_without_a_model_that_looks_at_histories_nothing_is_kept_or_asked(source, gathered):
    come(source, (START, 3_000))
    with CaptureQueriesContext(connection) as asked:
        come(source, (START - DAY, 3_000))
    assert not LateBatch.objects.exists()
    assert not any("occurred_at >" in query["sql"] for query in asked.captured_queries)


def test_scores_now_are_those_of_the_whole_history(source, usual, model):
    before = {row.pk: row.score for row in Assessment.objects.all()}
    come(source, (START - DAY, 90_000), (START - DAY / 2, 80_000), account="A-2", shop="M-2")
    assert reassess_due() == 3
    kept = {each.transaction_id: each for each in Reassessment.objects.all()}
    assert set(kept) == {row.pk for row in usual}
    again = history.of_transactions(usual, Transaction.objects.latest("pk").pk)
    assert again["account_count_7"].tolist() == [2, 3, 4]
    for each in kept.values():
        assert each.score_before == before[each.transaction_id] != each.score
        assert (each.model_version, each.version_before) == (model, model)
        assert len(bytes(each.features)) == 4 * len(ACCOUNT.names)
    assert {row.pk: row.score for row in Assessment.objects.filter(pk__in=before)} == before


@pytest.fixture
def hidden(source, usual):
    """A payment that was usual among large ones, until it comes out that all before it were small."""
    large = [(START + 10 * DAY + index * DAY, 400_000) for index in range(3)]
    rows = come(source, *large, account="A-3", shop="M-3")
    Alert.objects.all().delete()
    Assessment.objects.filter(pk__in=[row.pk for row in rows]).update(outcome="approve", score=0.2, fired=[])
    return rows


def small(source, number=30):
    return come(
        source, *((START + 9 * DAY + index * DAY / 60, 1_000) for index in range(number)), account="A-3", shop="M-3"
    )


def test_what_reaches_a_threshold_now_is_raised_with_the_reason(source, hidden, gathered):
    before = set(Alert.objects.values_list("pk", flat=True))
    gathered.clear()
    brought = small(source)
    known = set(Alert.objects.values_list("pk", flat=True)) - before
    reassess_due()
    made = list(Alert.objects.exclude(pk__in=known).order_by("pk"))
    assert made
    assert {alert.pk for alert in gathered} >= {alert.pk for alert in made}
    for alert in made:
        assert alert.transaction_id in {row.pk for row in hidden}
        assert alert.reasons[-1] == (
            f"30 payments that came in late (the first: {brought[0].external_id}, of 2026-04-20 12:00 UTC) changed this "
            "account's history."
        )
        assert alert.parameters["late"]["batch"] == brought[0].batch_id
        assert alert.snapshot["history"]["account_count_30"] >= "30"
        assert alert.explanation
        assert replay(alert).differences == []
        assert Reassessment.objects.get(alert=alert).outcome == "review"
    due = LateBatch.objects.get()
    assert (due.late, due.touched, due.raised, due.left_out) == (30, 3, len(made), 0)


def test_the_decision_that_was_made_stays_what_was_answered(source, hidden, superuser):
    scores = BatchAssessment(active_detectors(source), hidden).champions[0].scores
    for row, score in zip(hidden, scores, strict=True):
        Assessment.objects.filter(pk=row.pk).update(score=score)
    before = decisions_of(superuser, [row.pk for row in hidden])
    small(source)
    reassess_due()
    late_alert = Alert.objects.filter(reassessment__isnull=False).latest("pk")
    assert decisions_of(superuser, list(before)) == before
    assert before[late_alert.transaction.pk]["alert_id"] is None
    assessment, explanation = transaction_explanation(superuser, late_alert.transaction.pk)
    assert explanation["score"] == repr(assessment.score) != repr(late_alert.score)


def test_one_late_payment_is_named(source, hidden):
    brought = small(source, 1)
    found = affected.late_arrival_cause(hidden[0], brought[0].batch_id)
    assert (found["count"], found["of"], found["external_id"]) == (1, "account", brought[0].external_id)


def test_a_changed_late_fact_shows_in_the_replay(source, hidden):
    small(source)
    reassess_due()
    alert = Alert.objects.filter(reassessment__isnull=False).earliest("pk")
    alert.parameters["late"]["count"] = 5
    assert any(text.startswith("Reasons") for text in replay(alert).differences)


def test_nothing_is_lowered_and_no_alert_is_raised_twice(source, usual, model):
    (loud,) = come(source, (START + 3 * DAY, 9_000_000), account="A-2", shop="M-2")
    assert Alert.objects.filter(transaction=loud).count() == 1
    come(source, *((START - DAY + index * DAY / 50, 9_000_000) for index in range(40)), account="A-2", shop="M-2")
    alerts = Alert.objects.count()
    reassess_due()
    kept = Reassessment.objects.get(transaction=loud)
    assert kept.score is not None
    assert kept.score_before is not None
    assert kept.score < kept.score_before
    assert (kept.outcome_before, kept.alert) == ("review", None)
    assert Alert.objects.filter(transaction=loud).count() == 1
    assert Assessment.objects.get(pk=loud.pk).outcome == "review"
    assert Alert.objects.count() >= alerts


def test_what_rules_demanded_stays(source, usual):
    factories.rule_version(parameters={"currency": "USD", "review_at": None, "block_at": "20.00"})
    (blocked,) = come(source, (START + 3 * DAY, 3_000), account="A-2", shop="M-2")
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    reassess_due()
    kept = Reassessment.objects.get(transaction=blocked)
    assert (kept.outcome_before, kept.outcome, kept.alert) == ("block", "block", None)


def test_a_rule_that_came_later_judges_nothing_again(source, usual):
    factories.rule_version(parameters={"currency": "USD", "review_at": "1.00", "block_at": None})
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    reassess_due()
    kept = Reassessment.objects.filter(transaction__in=usual)
    assert kept.count() == 3
    assert not kept.filter(alert__isnull=False).exists()


def test_the_ledger_has_the_root_and_each_alert(source, hidden):
    small(source)
    reassess_due()
    event = Event.objects.get(action="batch.reassess")
    data = json.loads(bytes(event.body))["data"]
    kept = Reassessment.objects.order_by("transaction_id")
    assert data["root"] == merkle.root([leaf_hash(bytes.fromhex(each.digest)) for each in kept]).hex()
    assert (data["changed"], data["looked_at"]) == (kept.count(), 3)
    raised = Alert.objects.filter(reassessment__isnull=False).count()
    assert Event.objects.filter(action="transaction.reassess").count() == raised == data["raised"]


def test_the_same_again_keeps_nothing_more(source, hidden):
    small(source)
    reassess_due()
    before = (list(Reassessment.objects.values()), list(Alert.objects.values("pk")), Event.objects.count())
    assert reassess_due() == 0
    LateBatch.objects.update(run=None)  # as if it were due once more
    assert reassess_due() == 3
    after = (list(Reassessment.objects.values()), list(Alert.objects.values("pk")), Event.objects.count())
    assert after == before


def test_a_second_late_payment_compares_with_the_last_look(source, usual):
    for number in (1, 2):
        come(source, (START - number * DAY, 50_000 * number), account="A-2", shop="M-2")
        reassess_due()
    first, second = Reassessment.objects.filter(transaction=usual[0]).order_by("pk")
    assert second.score_before == first.score
    assert second.batch_id > first.batch_id


def test_batches_that_are_due_together_are_one_run_and_the_newest_is_the_cause(source, usual):
    for number in (1, 2):
        (last,) = come(source, (START - number * DAY, 50_000), account="A-2", shop="M-2")
    reassess_due()
    run = ReassessmentRun.objects.get()
    assert (run.state, run.total, run.done) == (JobState.DONE, 4, 4)
    assert set(Reassessment.objects.filter(transaction__in=usual).values_list("batch_id", flat=True)) == {last.batch_id}
    assert list(LateBatch.objects.order_by("pk").values_list("late", "touched")) == [(1, 3), (1, 4)]


def test_a_source_whose_file_still_comes_in_is_left_to_settle(source, usual):
    come(source, (START - DAY, 3_000), account="A-2", shop="M-2")
    come(source, (START - DAY, 3_000), account="A-2", shop="M-2", method="file")
    assert reassess_due() == 0
    LateBatch.objects.filter(due_at__lt=clock.now()).update(due_at=clock.now() - due_runs.MAX_SETTLING_TIME - DAY)
    assert reassess_due() > 0


def test_what_costs_too_much_is_left_out_the_oldest_first_and_counted(source, usual, monkeypatch):
    monkeypatch.setattr(reassess, "MAX_AFFECTED", 2)
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    assert reassess_due() == 2
    due = LateBatch.objects.get()
    assert (due.touched, due.left_out, due.changed) == (3, 1, 2)
    assert set(Reassessment.objects.values_list("transaction_id", flat=True)) == {row.pk for row in usual[1:]}


def test_what_was_left_behind_is_gone_on_with_where_it_stood(source, usual, monkeypatch):
    monkeypatch.setattr(reassess, "ROWS_PER_PART", 1)
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    real = reassess.reassess_part
    parts: list[Any] = []

    def dies(**given):
        if len(parts) == 2:
            raise KeyboardInterrupt
        parts.append(given["ids"])
        return real(**given)

    monkeypatch.setattr(reassess, "reassess_part", dies)
    with pytest.raises(KeyboardInterrupt):
        reassess_due()
    assert Reassessment.objects.count() == 2
    monkeypatch.setattr(reassess, "reassess_part", real)
    assert reassess_due() == 0  # somebody has it still, for all that is known
    ReassessmentRun.objects.update(lease_until=clock.now() - DAY)
    assert reassess_due() == 1
    assert Reassessment.objects.count() == 3
    run = ReassessmentRun.objects.get()
    assert (run.state, run.done, run.attempts) == (JobState.DONE, 3, 2)
    assert LateBatch.objects.get().changed == 3


def test_whoever_has_lost_the_run_writes_nothing_more(source, usual):
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    run = due_runs._next_run()
    ReassessmentRun.objects.update(attempts=7)
    assert run is not None
    assert run_claimed(run).done == 0
    assert not Reassessment.objects.exists()


def test_finding_out_what_many_batches_touch_keeps_the_run(source, usual):
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    run = due_runs._next_run()
    assert run is not None
    now = clock.now()
    ReassessmentRun.objects.update(lease_until=now)
    assert reassess.affected_causes(run, Heartbeat(run))
    assert ReassessmentRun.objects.filter(lease_until__gt=now + run.LEASE / 2).exists()
    ReassessmentRun.objects.update(attempts=run.attempts + 1, lease_until=now)
    with pytest.raises(LeaseLost):
        reassess.affected_causes(run, Heartbeat(run))
    assert ReassessmentRun.objects.filter(lease_until=now).exists()


def test_a_run_that_fails_says_why_and_ends_after_a_few_attempts(source, usual, monkeypatch):
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")

    def fails(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(reassess, "assess_part", fails)
    for _ in range(ReassessmentRun.MAX_ATTEMPTS + 1):
        reassess_due()
        ReassessmentRun.objects.update(scheduled_at=clock.now() - DAY)
    run = ReassessmentRun.objects.get()
    assert (run.state, run.error) == (JobState.FAILED, "RuntimeError: the disk is full")


def test_the_number_of_statements_does_not_grow_with_what_is_touched(source, model, monkeypatch):
    monkeypatch.setattr(reassess, "raise_alerts", lambda *_: {})
    # Both are made at their first use.
    system_actor("reassess")
    OverlapCheck.objects.get_or_create(pk=OverlapCheck.ONLY)
    statements = []
    for number, account in ((30, "A-2"), (300, "A-3")):
        come(source, *((START + index * DAY / 100, 3_000) for index in range(number)), account=account, shop=None)
        come(source, (START - DAY, 3_000), account=account, shop=None)
        with CaptureQueriesContext(connection) as asked:
            assert reassess_due() == number
        statements.append(len(asked))
    assert statements[0] == statements[1] < 70


@pytest.mark.parametrize("seed", [1, 2])
def test_the_kernel_finds_what_the_definition_says(source, seed):
    """On data with ties, several batches, currencies and rows without a counterparty."""
    import random

    from detection.tests.test_account_features import made

    rows = made(source, 150, seed, True)
    chance = random.Random(seed)
    batches = [scenarios.batch(source, 0) for _ in range(3)]
    for row in rows:
        row.batch = chance.choice(batches) if row.pk > rows[40].pk else row.batch
    Transaction.objects.bulk_update(rows, ["batch"])
    for batch in {row.batch for row in rows}:
        pairs = {(new.pk, old.pk) for new in rows if new.batch_id == batch.pk for old in rows if touches(new, old)}
        found = affected.affected_transactions(batch)
        assert found.ids.tolist() == sorted({old for _, old in pairs})
        assert found.late == len({new for new, _ in pairs})
        assert pairs


def touches(new, old):
    same = new.account_id == old.account_id or (new.counterparty_id and new.counterparty_id == old.counterparty_id)
    within = timedelta() < old.occurred_at - new.occurred_at <= 30 * DAY
    return bool(same and new.currency == old.currency and old.pk < new.pk and within)
