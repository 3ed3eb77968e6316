"""The one decision path."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from detection import hooks
from detection.choices import ModelRole, Outcome, Typology
from detection.ml import scoring
from detection.models import Alert, Assessment
from detection.pipeline.assess import assess
from detection.pipeline.decision import ActiveRule, ModelVote, decide
from detection.rules.scenarios import Finding
from detection.tests import scenarios
from finobs.core.errors import Unavailable
from finobs.ledger.models import Event
from tests import factories

pytestmark = pytest.mark.django_db
AMOUNTS = [12_500, 1_000_000, 5_000_000, 999_999]


def run(rows):
    return assess(batch=rows[0].batch, transactions=rows)


def test_an_assessment_answers_for_every_transaction_in_their_order(source, gathered):
    factories.rule_version()
    rows = scenarios.transactions(source, AMOUNTS)
    results = run(rows)
    assert [result.transaction_id for result in results] == [row.pk for row in rows]
    assert [result.outcome for result in results] == ["approve", "review", "block", "approve"]
    assert [result.alert_id is not None for result in results] == [False, True, True, False]


def test_without_a_champion_there_is_no_score(source, gathered):
    factories.rule_version()
    rows = scenarios.transactions(source, AMOUNTS)
    assert {result.score for result in run(rows)} == {None}
    assert not Assessment.objects.exclude(score=None, model_version=None).exists()


def test_an_assessment_keeps_an_assessment_of_each(source, gathered):
    version = factories.rule_version()
    rows = scenarios.transactions(source, AMOUNTS)
    run(rows)
    kept = {each.pk: each for each in Assessment.objects.all()}
    assert [kept[row.pk].fired for row in rows] == [[], [version.pk], [version.pk], []]
    assert [kept[row.pk].outcome for row in rows] == ["approve", "review", "block", "approve"]
    assert all(each.assessed_at.tzinfo is not None for each in kept.values())


def test_an_alert_holds_all_that_raises_it_again(source, gathered):
    version = factories.rule_version()
    (row,) = scenarios.transactions(source, [1_000_000])
    run([row])
    alert = Alert.objects.get()
    assert (alert.transaction_id, alert.account_id) == (row.pk, row.account_id)
    assert (alert.outcome, alert.typology, alert.rule_version) == ("review", Typology.LARGE_AMOUNT, version)
    assert alert.parameters["rules"][0]["parameters"] == version.parameters
    assert alert.snapshot["transaction"]["amount"] == "10000.00"
    assert alert.reasons == ["Amount of $10,000.00 is at or above the review limit of $10,000.00."]
    assert len(alert.snapshot_digest) == 64


def test_each_decision_and_each_alert_is_an_event(source, gathered):
    factories.rule_version()
    run(scenarios.transactions(source, AMOUNTS))
    events = Event.objects.filter(actor__email="assess@system.finobs.invalid").order_by("id")
    assert [event.action for event in events] == [
        "transaction.review", "alert.raise", "transaction.block", "alert.raise",
    ]  # fmt: skip
    body = json.loads(bytes(events[1].body))
    alert = Alert.objects.earliest("id")
    assert body["subject"] == {"type": "detection.alert", "id": str(alert.pk)}
    assert body["data"]["snapshot_digest"] == alert.snapshot_digest


def test_alerts_are_handed_to_the_grouper_in_the_same_transaction(source, gathered):
    factories.rule_version()
    run(scenarios.transactions(source, AMOUNTS))
    assert [alert.pk for alert in gathered] == list(Alert.objects.order_by("id").values_list("pk", flat=True))


def test_nothing_is_kept_when_nobody_gathers(source, monkeypatch):
    monkeypatch.setattr(hooks, "_alert_grouper", None)
    factories.rule_version()
    rows = scenarios.transactions(source, AMOUNTS)
    with pytest.raises(ImproperlyConfigured), transaction.atomic():
        run(rows)
    assert (Assessment.objects.count(), Alert.objects.count()) == (0, 0)


def test_a_rule_looks_at_its_own_currency_only(source, gathered):
    factories.rule_version()
    (row,) = scenarios.transactions(source, [9_000_000], currency="EUR")
    assert run([row])[0].outcome == "approve"


def test_a_rule_of_another_source_stays_out(source, gathered):
    version = factories.rule_version()
    version.rule.source = factories.source()
    version.rule.save()
    assert run(scenarios.transactions(source, [9_000_000]))[0].outcome == "approve"
    version.rule.source = source
    version.rule.save()
    assert run(scenarios.transactions(source, [9_000_000]))[0].outcome == "block"


def test_a_rule_that_is_not_in_force_does_nothing(source, gathered):
    factories.rule_version(live=False)
    assert run(scenarios.transactions(source, [9_000_000]))[0].outcome == "approve"


def test_the_most_severe_rule_names_the_typology(source, gathered):
    factories.rule_version(parameters={"currency": "USD", "review_at": "1.00", "block_at": None})
    severe = factories.rule_version(
        parameters={"currency": "USD", "review_at": None, "block_at": "500.00"}, typology=Typology.ROUND_AMOUNTS
    )
    run(scenarios.transactions(source, [90_000]))
    alert = Alert.objects.get()
    assert (alert.typology, alert.rule_version, alert.outcome) == (Typology.ROUND_AMOUNTS, severe, "block")
    assert len(alert.parameters["rules"]) == 2
    assert len(alert.reasons) == 2


def test_a_model_adds_review_where_no_rule_fires(source, gathered, superuser):
    version = scenarios.champion(source, superuser)
    (row,) = scenarios.transactions(source, [80_000_000], **afterwards())
    (result,) = run([row])
    assert result.outcome == "review"
    assert result.score >= version.threshold
    alert = Alert.objects.get()
    assert (alert.typology, alert.rule_version, alert.model_version) == (Typology.UNUSUAL, None, version)
    assert [model["sha256"] for model in alert.parameters["models"]] == [version.sha256]
    assert set(alert.snapshot["features"]) > set(version.parameters["features"])
    assert "Unusual" in alert.reasons[0]


def test_what_is_usual_is_approved_with_its_score(source, gathered, superuser):
    version = scenarios.champion(source, superuser)
    (row,) = scenarios.transactions(source, [3_012], **afterwards())
    (result,) = run([row])
    assert result.outcome == "approve"
    assert 0 < result.score < version.threshold
    assert Assessment.objects.get(pk=row.pk).model_version == version


@pytest.mark.parametrize("score", [0.0, 0.1, 0.9, None])
@pytest.mark.parametrize("severity", [Outcome.REVIEW, Outcome.BLOCK])
def test_no_score_lowers_what_a_rule_demands(score, severity):
    rule = ActiveRule(1, "r", 1, "amount", "large_amount", {})
    opinions = [] if score is None else [ModelVote(role, "model v1", score, 0.5) for role in ModelRole.values]
    assert decide([(rule, Finding(severity, "why"))], opinions).outcome == severity


def test_a_low_score_leaves_a_block_standing_end_to_end(source, gathered, superuser):
    version = scenarios.champion(source, superuser)
    factories.rule_version(parameters={"currency": "USD", "review_at": None, "block_at": "30.00"})
    (row,) = scenarios.transactions(source, [3_012], **afterwards())
    (result,) = run([row])
    assert result.outcome == "block"
    assert result.score < version.threshold


def test_the_size_of_batches_changes_no_decision(source, gathered, superuser):
    """The same rows on accounts of their own, so that every run finds the same history."""
    scenarios.champion(source, superuser)
    factories.rule_version(parameters={"currency": "USD", "review_at": "60.00", "block_at": "300.00"})
    amounts = scenarios.usual_amounts(60, seed=11)
    together = decided(run_in(factories.source(), amounts, 60))
    assert len({score for _, score in together}) > 10
    for size in (1, 7, 25):
        assert decided(run_in(factories.source(), amounts, size)) == together


def run_in(source, amounts, size):
    """Verdicts of rows that come in `size` at a time, some of them later than they occurred."""
    late = [timedelta(hours=5 * (index % 7 == 0)) for index in range(len(amounts))]
    results = []
    for start in range(0, len(amounts), size):
        rows = scenarios.transactions(source, amounts[start : start + size])
        for index, row in enumerate(rows, start):
            row.occurred_at = factories.NOON + timedelta(minutes=index) - late[index]
            row.save()
        results += run(rows)
    return results


def decided(results):
    return [(result.outcome, result.score) for result in results]


def afterwards():
    """When the account has its history."""
    return {"occurred_at": factories.NOON + timedelta(days=6)}


def test_a_changed_artefact_is_not_served(source, gathered, superuser):
    version = scenarios.champion(source, superuser)
    rows = scenarios.transactions(source, [100])
    scoring._session.cache_clear()
    type(version).objects.filter(pk=version.pk).update(artefact=bytes(version.artefact)[:-1] + b"x")
    with pytest.raises(Unavailable, match="checksum"):
        run(rows)


def test_a_batch_costs_the_same_queries_whatever_its_size(source, gathered, superuser, django_assert_max_num_queries):
    scenarios.champion(source, superuser)
    factories.rule_version()
    rows = scenarios.transactions(source, [3_012] * 200, **afterwards())
    run(scenarios.transactions(source, [3_012], **afterwards()))
    with django_assert_max_num_queries(9):
        run(rows)


def test_no_rows_are_no_work(source, django_assert_num_queries):
    empty = scenarios.batch(source, 0)
    with django_assert_num_queries(0):
        assert assess(batch=empty, transactions=[]) == []
