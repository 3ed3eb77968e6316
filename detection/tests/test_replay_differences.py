"""What an alert keeps of its transaction, and each difference that a replay names: one thing changed, one thing said."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detection import features
from detection.choices import Outcome
from detection.ml.scoring import ModelScores
from detection.models import Alert, ModelVersion, RuleVersion
from detection.pipeline import explanations, snapshot
from detection.pipeline.decision import ActiveRule, Decision
from detection.pipeline.explanations import ScoredVectors, attach_explanations
from detection.pipeline.replay import replay
from detection.rules.scenarios import Finding
from detection.tests import scenarios
from finobs.core.errors import NotFound, Unavailable
from tests import factories

pytestmark = pytest.mark.django_db
NAMES = features.ACCOUNT.names


@pytest.fixture
def alert():
    return scenarios.alert_of_two_models()


def sealed(alert: Alert) -> Alert:
    """With the digest of the snapshot as it is now."""
    alert.snapshot_digest = snapshot.snapshot_digest(alert.snapshot)
    return alert


def without_counterparty(row: Any) -> Any:
    row.counterparty = None
    return row


def test_an_alert_of_two_models_and_a_rule_comes_out_the_same(alert):
    again = replay(alert)
    assert (again.same, again.differences) == (True, [])
    assert (again.outcome, again.score, again.reason_codes) == (alert.outcome, alert.score, alert.reasons)


CHANGES: dict[str, tuple[Callable[[Alert], Any], str]] = {
    "digest": (lambda alert: setattr(alert, "snapshot_digest", "f" * 64), "The snapshot is not the one that was kept"),
    "outcome": (lambda alert: setattr(alert, "outcome", Outcome.BLOCK), "Outcome: review, not block."),
    "typology": (lambda alert: setattr(alert, "typology", "structuring"), "Typology: large_amount, not structuring."),
    "score": (lambda alert: setattr(alert, "score", 0.25), ", not 0.25."),
    "reasons": (lambda alert: setattr(alert, "reasons", ["Because."]), "not ['Because.']."),
    "rule": (lambda alert: setattr(alert, "rule_version_id", None), "Rule version id: "),
    "vector": (
        lambda alert: alert.snapshot["features"].update(hour="5.0"), "The features of this transaction are not what they were."
    ),
    "history": (
        lambda alert: alert.snapshot["history"].update(account_count_1="99"),
        "The features of this transaction are not what they were.",
    ),
    "kept score": (lambda alert: alert.parameters["models"][0].update(score="0.25"), "gives a score of"),
    "kept checksum": (lambda alert: alert.parameters["models"][0].update(sha256="f" * 64), "is not what it was."),
    "kept threshold": (lambda alert: alert.parameters["models"][1].update(threshold="0.1"), "is not what it was."),
    "kept rule": (lambda alert: alert.parameters["rules"][0].update(number=9, parameters={
        "currency": "USD", "review_at": "1.00", "block_at": None}), "Version 9 of rule"),
    "explanation": (lambda alert: (alert.explanation or {}).update(base="0.5"), "Explanation: its base came out otherwise."),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_replay_names_what_was_changed(name, alert):
    change, words = CHANGES[name]
    change(alert)
    again = replay(alert)
    assert not again.same
    assert any(words in text for text in again.differences), again.differences


def test_words_of_an_explanation_may_change(alert):
    alert.explanation["reasons"] = ["In other words."]
    assert replay(alert).same


def test_an_alert_without_its_explanation_replays_all_the_same(alert):
    alert.explanation = None
    assert replay(alert).same


@pytest.mark.parametrize("part", ["transaction", "features", "feature_set"])
def test_what_cannot_be_read_is_said_in_words(part, alert):
    del alert.snapshot[part]
    again = replay(sealed(alert))
    assert (again.same, again.outcome, again.score) == (False, "", None)
    assert again.differences == ["What was kept of this alert cannot be read any more."]


def test_an_artefact_that_was_exchanged_is_named(alert):
    version = ModelVersion.objects.get(pk=alert.parameters["models"][0]["version"])
    ModelVersion.objects.filter(pk=version.pk).update(artefact=b"another")
    again = replay(alert)
    assert any("its checksum differs" in text for text in again.differences)


def test_a_rule_version_that_is_gone_from_what_was_kept_is_named(alert):
    alert.parameters["rules"][0]["version"] = 10**6
    assert any(text.startswith("Version 1 of rule") for text in replay(alert).differences)


def test_a_replay_writes_nothing(alert, django_assert_max_num_queries):
    kept = copy.deepcopy((alert.snapshot, alert.parameters, alert.explanation, alert.reasons))
    replay(alert)
    stored = Alert.objects.get(pk=alert.pk)
    assert (alert.snapshot, alert.parameters, alert.explanation, alert.reasons) == kept
    assert (stored.snapshot, stored.parameters, stored.explanation, stored.reasons) == kept


def test_a_snapshot_holds_the_transaction_as_text():
    row = factories.transaction(amount_minor=1_234_500, country="FR", channel="card")
    held = snapshot.input_snapshot(row, row.source, {})
    assert held == {
        "transaction": {
            "id": row.pk, "source": row.source.slug, "external_id": row.external_id, "digest": bytes(row.digest).hex(),
            "account": row.account.external_id, "counterparty": "M-1", "occurred_at": "2026-03-02T12:00:00.000000Z",
            "received_at": "2026-03-02T12:00:05.000000Z", "amount": "12345.00", "amount_minor": "1234500",
            "currency": "USD", "direction": "out", "channel": "card", "country": "FR",
        },
        "feature_set": None, "features": {},
    }  # fmt: skip
    alone = snapshot.input_snapshot(without_counterparty(row), row.source, {})
    assert alone["transaction"]["counterparty"] is None


def test_a_snapshot_holds_the_vector_and_the_history_that_it_was_made_from():
    row = factories.transaction()
    vector = np.arange(len(NAMES), dtype=np.float32)
    vector[1] = np.nan
    held = snapshot.input_snapshot(row, row.source, {"account-1": vector}, {"account_count_1": 3})
    assert held["history"] == {"account_count_1": "3"}
    assert held["feature_set"] == "account-1"
    assert held["features"] == {NAMES[0]: "0.0", NAMES[1]: None} | {
        name: f"{number}.0" for number, name in enumerate(NAMES) if number > 1
    }
    assert snapshot.features_of(held, "account-1") == held["features"]
    assert "more_features" not in held
    with pytest.raises(KeyError):
        snapshot.features_of(held, "account-2")


def test_the_digest_of_a_snapshot_is_of_its_content_in_any_order():
    content = {"b": {"y": "1", "x": None}, "a": ["2"]}
    turned = {"a": ["2"], "b": {"x": None, "y": "1"}}
    assert snapshot.snapshot_digest(content) == snapshot.snapshot_digest(turned)
    assert snapshot.snapshot_digest(content) != snapshot.snapshot_digest({**content, "a": ["3"]})


def test_parameters_hold_every_rule_that_fired_and_every_model_that_scored():
    rule = ActiveRule(7, "large", 3, "amount", "large_amount", {"currency": "USD"})
    version = factories.model_version(role="anomaly", kind="ensemble", threshold=0.6)
    decision = Decision(
        Outcome.REVIEW, "large_amount", [(rule, Finding(Outcome.REVIEW, "Too much."))], late={"count": 2}
    )
    held = snapshot.parameter_snapshot(decision, [ModelScores(version, [0.1, 0.6], {})], 1)
    assert held == {
        "late": {"count": 2},
        "rules": [{"version": 7, "rule": "large", "number": 3, "kind": "amount", "typology": "large_amount",
                   "parameters": {"currency": "USD"}}],
        "models": [{"version": version.pk, "model": str(version), "role": "anomaly", "sha256": version.sha256,
                    "feature_set": "account-1", "threshold": "0.6", "score": "0.6", "is_flagged": True}],
    }  # fmt: skip
    below = snapshot.parameter_snapshot(decision, [ModelScores(version, [0.1, 0.6], {})], 0)
    assert (below["models"][0]["score"], below["models"][0]["is_flagged"]) == ("0.1", False)
    assert snapshot.fired_ids(decision) == [7]
    assert "late" not in snapshot.parameter_snapshot(Decision(Outcome.APPROVE, "large_amount"), [], 0)


def test_an_explanation_is_of_the_score_that_is_shown_with_the_other_beside_it(alert):
    explanation = alert.explanation
    assert (explanation["role"], [each["role"] for each in explanation["beside"]]) == ("supervised", ["anomaly"])
    for each in (explanation, *explanation["beside"]):
        total = float(each["base"]) + sum(float(feature["contribution"]) for feature in each["features"])
        assert total == pytest.approx(float(each["score"]), abs=1e-6)
        for member in each["members"]:
            parts = float(member["base"]) + sum(float(part) for part in member["contributions"])
            assert parts == pytest.approx(float(member["value"]), abs=1e-6)
    assert float(explanation["score"]) == alert.score
    assert explanations.recompute(alert) == explanation


def test_what_stands_beside_and_cannot_be_explained_is_left_out(alert, caplog):
    anomaly = alert.parameters["models"][1]
    ModelVersion.objects.filter(pk=anomaly["version"]).update(artefact=b"rubbish", sha256="0" * 64)
    explained = explanations.recompute(alert)
    assert explained["beside"] == []
    assert "cannot be explained" in caplog.text


def test_a_shown_score_that_cannot_be_explained_is_refused(alert):
    ModelVersion.objects.filter(pk=alert.parameters["models"][0]["version"]).update(
        artefact=b"rubbish", sha256="0" * 64
    )
    with pytest.raises(Unavailable):
        explanations.recompute(alert)


def test_a_kept_explanation_is_told_as_it_was_kept(alert):
    alert.explanation["base"] = "0.5"
    assert explanations.of_alert(alert)["base"] == "0.5"
    alert.explanation = None
    assert explanations.of_alert(alert)["base"] != "0.5"


def test_without_a_model_nothing_is_explained(alert):
    alert.parameters["models"] = []
    with pytest.raises(NotFound, match="rules alone decided"):
        explanations.recompute(alert)
    assert attach_explanations([alert], []) is False


def test_the_highest_scores_are_explained_at_once_and_the_rest_is_left_for_later(alert, monkeypatch):
    monkeypatch.setattr(explanations, "MAX_INLINE", 2)
    monkeypatch.setattr(
        explanations, "explain", lambda scored, currency: {"score": scored[0].score, "currency": currency}
    )
    scores = [0.1, 0.9, 0.5]
    alerts = [Alert(transaction=alert.transaction, score=score) for score in scores]
    version = ModelVersion.objects.earliest("pk")
    vectors = [np.zeros(len(NAMES), dtype=np.float32)] * 3
    assert attach_explanations(alerts, [ScoredVectors(version, scores, vectors)]) is True
    assert [each.explanation for each in alerts] == [
        None, {"score": 0.9, "currency": "USD"}, {"score": 0.5, "currency": "USD"}
    ]  # fmt: skip
    assert attach_explanations(alerts[:2], [ScoredVectors(version, scores[:2], vectors[:2])]) is False


def test_an_alert_is_raised_though_its_explanation_fails(alert, monkeypatch, caplog):
    def fail(*_: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr(explanations, "explain", fail)
    raised = Alert(transaction=alert.transaction, score=0.5)
    attach_explanations(
        [raised], [ScoredVectors(ModelVersion.objects.earliest("pk"), [0.5], [np.zeros(1, dtype=np.float32)])]
    )
    assert raised.explanation is None
    assert "without its explanation" in caplog.text


def test_the_rule_version_of_an_alert_stays_what_was_decided_by(alert):
    kept = alert.parameters["rules"][0]
    version = RuleVersion.objects.get(pk=kept["version"])
    assert (version.number, version.parameters) == (kept["number"], kept["parameters"])
    assert alert.rule_version_id == version.pk
