"""A batch through rules and models, with models that give the scores that a test says: no artefact is loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import DatabaseError

from detection.choices import ModelRole, ModelStage, Outcome, Typology
from detection.ml import scoring
from detection.ml.explain import reason_codes
from detection.ml.scoring import ModelScores
from detection.models import Alert, Assessment, ModelVersion, ShadowScore
from detection.pipeline import batch_assessment, explanations
from detection.pipeline import snapshot as snap
from detection.pipeline.active import ActiveDetectors, active_detectors
from detection.pipeline.assess import assess, raise_alerts
from detection.pipeline.batch_assessment import AssessmentContext, BatchAssessment
from detection.tests import scenarios
from finobs.core import clock, dispatch
from finobs.ledger.models import Event
from tests import factories
from tests.support.ledger_events import event_bodies
from transactions.models import Source, Transaction

pytestmark = pytest.mark.django_db
AMOUNTS = [12_500, 1_000_000, 5_000_000, 999_999]
ANOMALY, SUPERVISED = ModelRole.ANOMALY, ModelRole.SUPERVISED
Scores = dict[int, list[float]]


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch) -> Scores:
    """By the key of a version: the scores that it gives. One without any cannot score."""
    table: Scores = {}

    def score(version: ModelVersion, matrix: Any) -> ModelScores:
        if version.pk not in table:
            raise ValueError("no artefact")
        values = table[version.pk]
        members = {"forest": [value / 2 for value in values]} if version.role == ANOMALY else {}
        return ModelScores(version, values, members)

    monkeypatch.setattr(scoring, "score_version", score)
    monkeypatch.setattr(reason_codes, "of_transaction", lambda *given: [f"Stands out at {given[2].pk}."])
    monkeypatch.setattr(explanations, "attach_explanations", lambda *_: False)
    return table


def version(role: str = SUPERVISED, stage: str = ModelStage.CHAMPION, threshold: float = 0.5) -> ModelVersion:
    return factories.model_version(role=role, kind=role, stage=stage, threshold=threshold, feature_set="account-1")


@pytest.fixture
def rows(source: Source, gathered: list[Alert]) -> list[Transaction]:
    scenarios.transactions(factories.source("other"), [9_000_000])
    return scenarios.transactions(source, AMOUNTS)


def run(rows: Sequence[Transaction]) -> list[Any]:
    return assess(batch=rows[0].batch, transactions=rows)


def test_an_empty_batch_is_no_work(source: Source, django_assert_num_queries: Any) -> None:
    batch = scenarios.batch(source, 0)
    with django_assert_num_queries(0):
        assert assess(batch=batch, transactions=[]) == []


def test_rules_and_models_decide_row_by_row(rows: list[Transaction], scores: Scores) -> None:
    rule, model = factories.rule_version(), version()
    scores[model.pk] = [0.1, 0.2, 0.3, 0.5]
    results = run(rows)
    assert [result.outcome for result in results] == ["approve", "review", "block", "review"]
    assert [result.score for result in results] == [0.1, 0.2, 0.3, 0.5]
    assert [result.transaction_id for result in results] == [row.pk for row in rows]
    alerts = {alert.transaction_id: alert for alert in Alert.objects.all()}
    assert [result.alert_id for result in results] == [None, *(alerts[row.pk].pk for row in rows[1:])]
    assert [alerts[row.pk].rule_version for row in rows[1:]] == [rule, rule, None]
    assert [alerts[row.pk].typology for row in rows[1:]] == ["large_amount", "large_amount", Typology.UNUSUAL]


def test_an_assessment_holds_both_scores_and_what_fired(rows: list[Transaction], scores: Scores) -> None:
    rule, first, second = factories.rule_version(), version(), version(ANOMALY, threshold=0.9)
    scores |= {first.pk: [0.1, 0.2, 0.3, 0.4], second.pk: [0.8, 0.7, 0.6, 0.95]}
    with clock.at(factories.NOON):
        run(rows)
    table = {each.transaction_id: each for each in Assessment.objects.all()}
    kept = [table[row.pk] for row in rows]
    assert [each.outcome for each in kept] == ["approve", "review", "block", "review"]
    assert [each.fired for each in kept] == [[], [rule.pk], [rule.pk], []]
    assert [(each.score, each.model_version) for each in kept] == [(score, first) for score in scores[first.pk]]
    assert [(each.anomaly_score, each.anomaly_version) for each in kept] == [(s, second) for s in scores[second.pk]]
    assert {each.assessed_at for each in kept} == {factories.NOON}


def test_the_score_that_is_shown_is_the_supervised_ones_whoever_came_first(
    rows: list[Transaction], scores: Scores
) -> None:
    anomaly, supervised = version(ANOMALY, threshold=0.9), version()
    scores |= {anomaly.pk: [0.9] * 4, supervised.pk: [0.1] * 4}
    results = run(rows)
    assert {result.score for result in results} == {0.1}
    assert {result.outcome for result in results} == {"review"}
    assert {alert.model_version for alert in Alert.objects.all()} == {supervised}


def test_what_watches_scores_and_decides_nothing(rows: list[Transaction], scores: Scores) -> None:
    champion = version(threshold=0.9)
    watching = [version(stage=stage, threshold=0.0) for stage in (ModelStage.SHADOW, ModelStage.CHALLENGER)]
    idle = [version(stage=stage, threshold=0.0) for stage in (ModelStage.CANDIDATE, ModelStage.RETIRED)]
    scores |= {each.pk: [0.5] * 4 for each in (champion, *watching, *idle)}
    assert {result.outcome for result in run(rows)} == {"approve"}
    kept = ShadowScore.objects.values_list("model_version", "transaction", "score")
    assert set(kept) == {(each.pk, row.pk, 0.5) for each in watching for row in rows}
    assert not Alert.objects.exists()


def test_what_watches_and_cannot_score_stops_nothing_and_is_logged(
    rows: list[Transaction], scores: Scores, caplog: pytest.LogCaptureFixture
) -> None:
    champion, broken, sound = version(), version(stage=ModelStage.SHADOW), version(stage=ModelStage.CHALLENGER)
    scores |= {champion.pk: [0.9] * 4, sound.pk: [0.2] * 4}
    assert {result.outcome for result in run(rows)} == {"review"}
    assert set(ShadowScore.objects.values_list("model_version", flat=True)) == {sound.pk}
    assert f"{broken} decides nothing, and cannot score" in caplog.text


def test_a_champion_that_cannot_score_stops_the_batch(rows: list[Transaction], scores: Scores) -> None:
    version()
    with pytest.raises(ValueError, match="no artefact"):
        run(rows)


def test_a_database_that_fails_is_no_shadow_that_cannot_score(
    rows: list[Transaction], scores: Scores, monkeypatch: pytest.MonkeyPatch
) -> None:
    version(stage=ModelStage.SHADOW)

    def fail(*_: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(scoring, "score_version", fail)
    with pytest.raises(DatabaseError):
        BatchAssessment(active_detectors(rows[0].source), rows)


def test_a_batch_answers_for_its_own_rows(rows: list[Transaction], scores: Scores) -> None:
    champion, anomaly = version(), version(ANOMALY)
    scores |= {champion.pk: [0.1, 0.6, 0.3, 0.4], anomaly.pk: [0.0, 0.0, 0.7, 0.0]}
    assessment = BatchAssessment(active_detectors(rows[0].source), rows)
    assert [assessment.place(row.pk) for row in rows] == [0, 1, 2, 3]
    assert sorted(assessment.decisions) == [1, 2]
    assert [(vote.role, vote.score, vote.is_flagged) for vote in assessment.votes(2)] == [
        (SUPERVISED, 0.3, False), (ANOMALY, 0.7, True),
    ]  # fmt: skip
    assert assessment.primary is not None
    assert assessment.primary.version == champion
    own = assessment.of_role(ANOMALY)
    assert (own.version if own else None, assessment.of_role("other")) == (anomaly, None)
    assert list(assessment.vectors(2)) == ["account-1"]
    assert np.array_equal(assessment.vectors(2)["account-1"], assessment.matrices["account-1"][2], equal_nan=True)
    history = assessment.history(3)
    assert history is not None
    assert (history["account_count_1"], history["account_sum_1"]) == (3, sum(AMOUNTS[:3]))
    assert list(assessment.decisions[1].reasons)[-1] == f"Stands out at {rows[1].pk}."


def test_without_models_there_is_neither_score_nor_past(rows: list[Transaction], scores: Scores) -> None:
    factories.rule_version()
    assessment = BatchAssessment(active_detectors(rows[0].source), rows)
    assert (assessment.primary, assessment.votes(0), assessment.history(0), assessment.vectors(0)) == (
        None,
        (),
        None,
        {},
    )
    assert sorted(assessment.decisions) == [1, 2]
    assert [reason.startswith("Amount of") for reason in assessment.decisions[1].reasons] == [True]
    assert {result.score for result in run(rows)} == {None}


def test_every_result_holds_what_the_decisions_rest_on(rows: list[Transaction], scores: Scores) -> None:
    model = version()
    scores[model.pk] = [0.9] * 4
    with clock.at(factories.NOON):
        contexts = {id(result.evidence): result.evidence for result in run(rows)}
    ((context),) = contexts.values()
    assert isinstance(context, AssessmentContext)
    assert (context.at, context.assessment.transactions) == (factories.NOON, rows)


def test_the_events_of_an_alert_hold_its_evidence(rows: list[Transaction], scores: Scores) -> None:
    rule, model, other = factories.rule_version(), version(), version(ANOMALY)
    scores |= {model.pk: [0.1, 0.25, 0.1, 0.1], other.pk: [0.1] * 4}
    run(rows)
    alert = Alert.objects.get(transaction=rows[1])
    why = {
        "score": "0.25", "rule_versions": [rule.pk], "model_version": model.pk,
        "model_versions": [model.pk, other.pk], "reasons": alert.reasons,
    }  # fmt: skip
    review, block = event_bodies("transaction.review"), event_bodies("transaction.block")
    assert [body["subject"] for body in (*review, *block)] == [
        {"type": "transactions.transaction", "id": str(row.pk)} for row in rows[1:3]
    ]
    assert (review[0]["data"], review[0]["actor"]["type"]) == (why, "system")
    raised = event_bodies("alert.raise")[0]
    assert raised["subject"] == {"type": "detection.alert", "id": str(alert.pk)}
    assert raised["data"] == {
        **why, "transaction": rows[1].pk, "account": rows[1].account_id, "typology": "large_amount",
        "outcome": "review", "snapshot_digest": alert.snapshot_digest,
        "parameters_digest": snap.snapshot_digest(alert.parameters), "explanation_digest": None,
    }  # fmt: skip
    assert Event.objects.count() == 4


def test_an_alert_without_a_score_says_so(rows: list[Transaction], scores: Scores) -> None:
    factories.rule_version()
    run(rows)
    data = event_bodies("alert.raise")[0]["data"]
    assert (data["score"], data["model_version"], data["model_versions"]) == (None, None, [])


def test_an_alert_keeps_the_versions_and_what_each_made_of_it(rows: list[Transaction], scores: Scores) -> None:
    rule, model, other = factories.rule_version(), version(threshold=0.2), version(ANOMALY)
    scores |= {model.pk: [0.1, 0.25, 0.1, 0.1], other.pk: [0.3] * 4}
    run(rows)
    alert = Alert.objects.get(transaction=rows[1])
    assert alert.parameters == {
        "rules": [{
            "version": rule.pk, "rule": rule.rule.slug, "number": 1, "kind": "amount", "typology": "large_amount",
            "parameters": rule.parameters,
        }],
        "models": [
            {"version": model.pk, "model": str(model), "role": "supervised", "sha256": model.sha256,
             "feature_set": "account-1", "threshold": "0.2", "score": "0.25", "is_flagged": True},
            {"version": other.pk, "model": str(other), "role": "anomaly", "sha256": other.sha256,
             "feature_set": "account-1", "threshold": "0.5", "score": "0.3", "is_flagged": False},
        ],
    }  # fmt: skip
    assert alert.snapshot_digest == snap.snapshot_digest(alert.snapshot)


def test_an_alert_keeps_the_transaction_as_it_came_in(rows: list[Transaction], scores: Scores, source: Source) -> None:
    model = version()
    scores[model.pk] = [0.0, 0.9, 0.0, 0.0]
    run(rows)
    row, snapshot = rows[1], Alert.objects.get().snapshot
    assert snapshot["transaction"] == {
        "id": row.pk, "source": source.slug, "external_id": row.external_id, "digest": bytes(row.digest).hex(),
        "account": "A-1", "counterparty": "M-1", "occurred_at": "2026-03-02T12:07:00.000000Z",
        "received_at": "2026-03-02T12:00:00.000000Z", "amount": "10000.00", "amount_minor": "1000000",
        "currency": "USD", "direction": "out", "channel": "", "country": "",
    }  # fmt: skip
    assert (snapshot["feature_set"], snapshot["history"]["account_count_1"]) == ("account-1", "1")
    assert snap.features_of(snapshot, "account-1") == snapshot["features"]
    with pytest.raises(KeyError):
        snap.features_of(snapshot, "account-2")


def test_a_snapshot_without_a_model_holds_no_features(rows: list[Transaction], source: Source) -> None:
    snapshot = snap.input_snapshot(rows[0], source, {})
    assert (snapshot["feature_set"], snapshot["features"], "history" in snapshot) == (None, {}, False)
    rows[0].counterparty = None
    assert snap.input_snapshot(rows[0], source, {})["transaction"]["counterparty"] is None


def test_a_chosen_row_that_is_approved_raises_nothing(rows: list[Transaction], scores: Scores, source: Source) -> None:
    model = version()
    scores[model.pk] = [0.9, 0.9, 0.1, 0.1]
    assessment = BatchAssessment(active_detectors(source), rows)
    assessment.decisions[0] = batch_assessment.APPROVED_DECISION
    alerts = raise_alerts(assessment, source, [0, 1], factories.NOON)
    assert list(alerts) == [rows[1].pk]
    assert raise_alerts(assessment, source, [0], factories.NOON) == {}
    assert Alert.objects.get().created_at == factories.NOON


def test_alerts_that_wait_for_their_explanation_have_it_made_after_the_commit(
    rows: list[Transaction], scores: Scores, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, sent = version(), list[tuple[Any, ...]]()
    scores[model.pk] = [0.9, 0.1, 0.9, 0.1]
    given: list[Any] = []

    def attach(alerts: Any, scored: Any) -> bool:
        given.extend(scored)
        return True

    monkeypatch.setattr(explanations, "attach_explanations", attach)
    monkeypatch.setattr(dispatch, "on_commit", lambda *arguments: sent.append(arguments))
    run(rows)
    assert sent == [("detection.tasks.explain_batch", rows[0].batch_id)]
    ((vectors),) = given
    assert (vectors.version, list(vectors.scores)) == (model, [0.9, 0.9])


def test_rules_of_every_source_and_of_this_one_are_active(source: Source) -> None:
    mine, common, other, retired = (factories.rule_version(live=number != 3) for number in range(4))
    for each, of in ((mine, source), (other, factories.source())):
        each.rule.source = of
        each.rule.save()
    assert {rule.version_id for rule in active_detectors(source).rules} == {mine.pk, common.pk}
    assert retired.rule.live is None


def test_models_are_active_in_the_order_in_which_they_speak(source: Source) -> None:
    anomaly, supervised = version(ANOMALY), version()
    shadow, challenger = version(stage=ModelStage.SHADOW), version(ANOMALY, ModelStage.CHALLENGER)
    version(stage=ModelStage.CANDIDATE)
    detectors = active_detectors(source)
    assert isinstance(detectors, ActiveDetectors)
    assert detectors.champions == [supervised, anomaly]
    assert detectors.shadow == [shadow, challenger]
    assert detectors.champions[0].get_deferred_fields() >= {"artefact", "metrics", "parameters"}


def test_the_rules_of_a_batch_keep_their_parameters(source: Source) -> None:
    kept = factories.rule_version(parameters={"currency": "EUR", "review_at": "1.00", "block_at": None})
    (rule,) = active_detectors(source).rules
    assert (rule.slug, rule.number, rule.kind, rule.typology) == (kept.rule.slug, 1, "amount", "large_amount")
    assert json.dumps(rule.parameters, sort_keys=True) == json.dumps(kept.parameters, sort_keys=True)


def test_a_decision_of_one_batch_is_that_of_each_row_alone(rows: list[Transaction], scores: Scores) -> None:
    factories.rule_version()
    together = BatchAssessment(active_detectors(rows[0].source), rows)
    for index, row in enumerate(rows):
        alone = BatchAssessment(active_detectors(row.source), [row])
        expected = together.decisions.get(index)
        got = alone.decisions.get(0)
        assert (got and got.outcome, got and list(got.reasons)) == (
            expected and expected.outcome,
            expected and list(expected.reasons),
        )
    assert Outcome.BLOCK in {decision.outcome for decision in together.decisions.values()}
    assert rows[0].occurred_at + timedelta(minutes=7) == rows[1].occurred_at
