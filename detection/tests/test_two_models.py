"""An anomaly model and a supervised one in force together, and versions that only look on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detection.models import Alert, Assessment, ModelVersion, ShadowScore
from detection.pipeline.assess import assess
from detection.pipeline.decision import ModelVote, decide
from detection.pipeline.replay import replay
from detection.tests import scenarios
from finobs.core.errors import Unavailable
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def anomaly(source, superuser, gathered):
    return scenarios.champion(source, superuser)


@pytest.fixture
def learned(source, anomaly):
    return scenarios.transactions(source, scenarios.usual_amounts(400, seed=5))


def come(source, amounts):
    rows = scenarios.transactions(source, amounts, occurred_at=factories.NOON + timedelta(days=9))
    return rows, assess(batch=rows[0].batch, transactions=rows)


def test_the_supervised_score_is_shown_and_the_anomaly_score_kept_beside_it(source, anomaly, learned):
    ranker = scenarios.supervised_model(learned)
    (row,), (result,) = come(source, [3_012])
    kept = Assessment.objects.get(pk=row.pk)
    assert (kept.model_version, kept.anomaly_version) == (ranker, anomaly)
    assert result.score == kept.score != kept.anomaly_score
    assert (0, 0) < (kept.if_score or 0, kept.pca_error or 0) < (1, float("inf"))


@pytest.mark.parametrize(("threshold", "asked"), [(0.0, {"supervised", "anomaly"}), (1.1, {"anomaly"})])
def test_either_model_may_ask_for_review(threshold, asked, source, anomaly, learned):
    scenarios.supervised_model(learned, threshold=threshold)
    (result,) = come(source, [80_000_000])[1]
    alert = Alert.objects.get()
    assert (result.outcome, alert.outcome, alert.score) == ("review", "review", result.score)
    assert {model["role"] for model in alert.parameters["models"] if model["is_flagged"]} == asked
    assert [model["role"] for model in alert.parameters["models"]] == ["supervised", "anomaly"]
    assert len(alert.reasons) == len(asked)


def test_a_low_supervised_score_lowers_nothing(source, anomaly, learned):
    """What the anomaly model, or a rule, asks to see is seen, however sure the other model is."""
    asking = ModelVote("anomaly", "ensemble v1", 0.9, 0.8)
    calm = ModelVote("supervised", "supervised v1", 0.001, 0.5)
    assert decide([], [calm, asking]).outcome == "review"
    assert decide([], [calm]).outcome == "approve"
    assert decide([], [calm, asking]).score == 0.001


def test_the_alert_of_two_models_is_raised_again(source, anomaly, learned):
    scenarios.supervised_model(learned, threshold=0.0)
    come(source, [80_000_000])
    found = replay(Alert.objects.get())
    assert [each for each in found.differences if "Explanation" not in each] == []
    assert found.outcome == "review"


def test_the_replay_notices_another_threshold(source, anomaly, learned):
    ranker = scenarios.supervised_model(learned, threshold=0.0)
    come(source, [80_000_000])
    ModelVersion.objects.filter(pk=ranker.pk).update(threshold=0.9)
    assert f"{ranker} is not what it was." in replay(Alert.objects.get()).differences


@pytest.mark.parametrize("stage", ["shadow", "challenger"])
def test_who_looks_on_scores_everything_and_decides_nothing(stage, source, anomaly, learned):
    version = scenarios.supervised_model(learned, threshold=0.0, stage=stage)
    rows, results = come(source, [3_012] * 25)
    assert {result.outcome for result in results} == {"approve"}
    assert set(Assessment.objects.values_list("model_version_id", flat=True)) == {anomaly.pk}
    kept = ShadowScore.objects.filter(model_version=version)
    assert set(kept.values_list("transaction_id", flat=True)) == {row.pk for row in rows}
    assert all(0 < score < 1 for score in kept.values_list("score", flat=True))


def test_who_looks_on_and_cannot_score_stops_nothing(source, anomaly, learned, caplog):
    broken = scenarios.supervised_model(learned, threshold=0.0, stage="shadow")
    ModelVersion.objects.filter(pk=broken.pk).update(sha256="0" * 64)
    _, (result,) = come(source, [3_012])
    assert result.outcome == "approve"
    assert Assessment.objects.get().model_version == anomaly
    assert not ShadowScore.objects.exists()
    assert f"{broken} decides nothing, and cannot score" in caplog.text
    ModelVersion.objects.filter(pk=broken.pk).update(stage="champion")
    with pytest.raises(Unavailable):
        come(source, [3_012])


@pytest.mark.parametrize("stage", ["candidate", "retired"])
def test_other_stages_do_not_score(stage, source, anomaly, learned):
    scenarios.supervised_model(learned, stage=stage)
    come(source, [3_012])
    assert not ShadowScore.objects.exists()
    assert Assessment.objects.get().model_version == anomaly


def test_a_supervised_model_alone_decides_too(source, gathered):
    ranker = scenarios.supervised_model(
        scenarios.transactions(source, scenarios.usual_amounts(400, seed=5)), threshold=0.0
    )
    (row,), (result,) = come(source, [3_012])
    kept = Assessment.objects.get(pk=row.pk)
    assert (result.outcome, kept.model_version, kept.anomaly_version) == ("review", ranker, None)
    assert (kept.anomaly_score, kept.if_score, kept.pca_error) == (None, None, None)
