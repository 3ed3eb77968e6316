"""A version's card, its picture and what its approvers read: each figure where it was measured, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from detection.choices import ModelRole, ModelStage
from detection.ml.registry import approval_actions
from detection.ml.registry.charts import FOOT, HEIGHT, WIDTH, histogram
from detection.ml.registry.model_card import DOES, PARAMETERS, model_card
from detection.models import ModelVersion
from detection.tests.factories import model_version
from tests import factories

METRICS: dict[str, Any] = {"flagged_share": 0.005, "parity": 0.0000012, "parity_rows": 20_000}
JUDGED = {
    "auc": 0.91234, "average_precision": 0.5, "precision": 0.25, "recall": 0.125, "judged_rows": 12_345,
    "judged_confirmed": 67, "judged_from": "2026-03-01T00:00:00+00:00", "judged_to": "2026-03-08T00:00:00+00:00",
}  # fmt: skip
CAPACITY = {"precision": 0.4, "recall": None, "known": 25}


def version(role: str = ModelRole.ANOMALY, **fields: Any) -> ModelVersion:
    values = {"number": 3, "threshold": 0.6, "artefact": b"12345", "sha256": "a" * 64, "feature_set": "account-1"}
    values |= {"metrics": METRICS, "parameters": {}, "stage": ModelStage.CANDIDATE, "kind": "ensemble"}
    return ModelVersion(role=role, **{**values, **fields})


def figures(**metrics: Any) -> dict[str, str]:
    return dict(model_card(version(metrics=metrics)).figures)


@pytest.mark.parametrize("role", ModelRole.values)
def test_a_card_says_what_a_model_of_its_role_does_and_when_it_asks_for_review(role):
    card = model_card(version(role))
    assert card.does == DOES[ModelRole(role)]
    assert card.use.startswith("Scores from 0.600000 ask for review by a person. It never blocks")
    assert card.size == 5


def test_a_card_has_no_figure_that_was_not_measured():
    assert figures() == {}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"auc": 0.91236}, {"AUC": "0.9124"}),
        ({"average_precision": 0.5}, {"Average precision": "0.5000"}),
        ({"precision": 0.25, "recall": 0.125},
         {"Precision at the share for review": "0.2500", "Recall at the share for review": "0.1250"}),
        ({"precision": 0.25, "recall": 0.125, "auc": 0.9, "capacity": CAPACITY}, {"AUC": "0.9000"}),
        ({"not_judged": "Too few."}, {"Not judged": "Too few."}),
        ({"confirmed": 1_234}, {"Confirmed among what it learned from": "1,234"}),
        ({"flagged_share": 0.00512}, {"Reach the threshold": "0.512% of the rows that it learned from"}),
        ({"flagged_share": 0.005, "threshold_rows": 4_321, "threshold_from": "newest rows, not learned from"},
         {"Reach the threshold": "0.500% of the 4,321 newest rows, not learned from"}),
        ({"parity": 0.0000012, "parity_rows": 20_000},
         {"Agreement": "What is served differs from what was fitted by 0.0000012 at most, over 20,000 rows; "
                       "0.00001 is the limit."}),
    ],
)  # fmt: skip
def test_a_card_has_each_figure_that_was_measured(metrics, expected):
    assert figures(**metrics) == expected


def test_a_card_says_what_a_version_was_judged_on():
    text = figures(**JUDGED)["Judged on"]
    assert text == (
        "12,345 transactions, 67 of them confirmed, 1 Mar 2026 to 8 Mar 2026: of a model made in the same way before these days"
    )


def test_a_card_names_the_parameters_that_were_kept_in_the_order_of_the_table():
    parameters = {"seed": 7, "trees": 1_000, "rate": "0.05", "unknown": 3}
    assert model_card(version(parameters=parameters)).parameters == [
        ("Trees", "1,000"), ("Learning rate", "0.05"), ("Seed", "7")
    ]  # fmt: skip
    assert len(set(PARAMETERS.values())) == len(PARAMETERS)


def test_a_card_lists_the_features_that_the_model_looks_at_with_their_typical_values():
    parameters = {"features": ["amount", "account_z_30"], "typical": {"amount": "12.5"}, "feature_digest": "d" * 64}
    card = model_card(version(parameters=parameters))
    assert card.features == [
        ("amount", "Amount", "12.5"), ("account_z_30", "Deviations from this account's 30-day mean", "")
    ]  # fmt: skip
    assert card.digest == "d" * 64


@pytest.mark.parametrize(
    ("fields", "words", "is_there"),
    [
        ({"parameters": {"source": "cards"}}, "source cards only", True),
        ({"parameters": {"source": None}}, "only", False),
        ({"role": ModelRole.SUPERVISED}, "counted as not suspicious", True),
        ({"role": ModelRole.ANOMALY}, "counted as not suspicious", False),
        ({"metrics": {"threshold_from": "rows that it learned from"}}, "fewer or more than asked for", True),
        ({"metrics": {"threshold_from": "newest rows"}}, "fewer or more than asked for", False),
        ({"metrics": {"not_judged": "x"}}, "too few outcomes", True),
        ({"metrics": {}}, "too few outcomes", False),
        ({}, "looks back 30 days, in one currency", True),
    ],
)
def test_a_card_says_the_limits_that_hold_and_no_other(fields, words, is_there):
    assert any(words in limit for limit in model_card(version(**fields)).limits) is is_there


def test_the_picture_of_scores_has_a_column_for_each_count():
    picture = histogram(version(metrics={**METRICS, "histogram": [100, 25, 0, 1], "edges": [0, 0.25, 0.5, 0.75, 1]}))
    assert picture is not None
    room = HEIGHT - FOOT
    assert [(bar.x, bar.count, bar.first, bar.last) for bar in picture.bars] == [
        (0.0, 100, 0, 0.25), (160.0, 25, 0.25, 0.5), (320.0, 0, 0.5, 0.75), (480.0, 1, 0.75, 1)
    ]  # fmt: skip
    assert [bar.height for bar in picture.bars] == [room, room / 2, 0, room / 10]
    assert all(bar.y + bar.height == room and bar.width == WIDTH / 4 - 1 for bar in picture.bars)
    assert picture.threshold_x == pytest.approx(0.6 * WIDTH)
    assert picture.finding == "The threshold of 0.6000 is reached by 0.50% of the rows that it learned from"


@pytest.mark.parametrize(("threshold", "at"), [(-1.0, 0.0), (0.2, 0.0), (0.45, WIDTH / 2), (0.7, WIDTH), (1.0, WIDTH)])
def test_the_threshold_stands_inside_the_picture(threshold, at):
    metrics = {**METRICS, "histogram": [1, 1], "edges": [0.2, 0.45, 0.7], "threshold_from": "newest rows"}
    picture = histogram(version(threshold=threshold, metrics=metrics))
    assert picture is not None
    assert picture.threshold_x == pytest.approx(at)
    assert picture.finding.endswith("of the newest rows")


@pytest.mark.parametrize("metrics", [{}, {"histogram": []}, {"histogram": [1, 2], "edges": [0, 1]}, {"histogram": [1]}])
def test_without_counts_that_fit_their_edges_there_is_no_picture(metrics):
    assert histogram(version(metrics=metrics)) is None


@pytest.mark.django_db
def test_what_is_approved_is_exact_and_names_what_it_replaces():
    before = model_version(ModelRole.ANOMALY, stage=ModelStage.CHAMPION)
    model_version(ModelRole.SUPERVISED, stage=ModelStage.CHAMPION)
    candidate = model_version(ModelRole.ANOMALY, threshold=1 / 3, metrics={**METRICS, **JUDGED, "edges": [0, 1]})
    content = approval_actions.snapshot(candidate, {"reason": "Better."})
    assert content == {
        "model": str(candidate), "role": "anomaly", "stage": "candidate", "sha256": candidate.sha256,
        "feature_set": "account-1", "threshold": repr(1 / 3), "alerts_a_day": None,
        "metrics": {
            "auc": "0.91234", "average_precision": "0.5", "precision": "0.25", "recall": "0.125", "judged_rows": "12345",
            "judged_confirmed": "67", "flagged_share": "0.005", "parity": "1.2e-06",
        },
        "replaces": {"model": str(before), "sha256": before.sha256}, "reason": "Better.",
    }  # fmt: skip
    assert approval_actions.snapshot(before, {"reason": "Out."})["replaces"] is None


@pytest.mark.django_db
def test_of_a_threshold_of_its_own_the_parent_s_precision_is_not_what_is_approved():
    candidate = model_version(alerts_a_day=12.5, metrics={**METRICS, **JUDGED, "capacity": CAPACITY})
    content = approval_actions.snapshot(candidate, {"reason": "Better."})
    assert content["expected"] == {"precision": "0.4", "recall": None, "known": "25"}
    assert not {"precision", "recall"} & set(content["metrics"])
    assert content["alerts_a_day"] == "12.5"


@pytest.mark.django_db
def test_an_approver_reads_what_is_put_in_force_and_what_it_replaces():
    before = model_version(ModelRole.ANOMALY, stage=ModelStage.CHAMPION)
    candidate = model_version(ModelRole.ANOMALY, alerts_a_day=12.5, metrics={**METRICS, "capacity": CAPACITY})
    content = approval_actions.snapshot(candidate, {"reason": "Better."})
    assert approval_actions.promote_summary(content) == [
        ("Activate", f"{candidate}, anomaly, candidate until now"), ("Replaces", str(before)), ("Why", "Better."),
        ("Threshold", "0.500000"), ("Alerts a day", "12.5"), ("Expected precision", "0.4"),
        ("Expected recall", "not known"), ("Alerts with an outcome behind that", "25"),
        ("Share that reaches the threshold", "0.50%"), ("Largest difference to its graph", "0.0000012"),
        ("Features", "account-1"), ("SHA-256", candidate.sha256),
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_approver_reads_that_nothing_is_in_force_and_what_follows_from_taking_it_out():
    candidate = model_version(ModelRole.SUPERVISED, stage=ModelStage.CHAMPION)
    content = approval_actions.snapshot(candidate, {"reason": "Drifts."})
    assert approval_actions.promote_summary(content)[1] == ("Replaces", "none: no supervised model is in force")
    assert approval_actions.retire_summary(content)[:3] == [
        ("Deactivate", f"{candidate}, supervised, champion until now"),
        ("What follows", "No supervised model decides any more; rules and the other role's model do."),
        ("Why", "Drifts."),
    ]


@pytest.mark.django_db
def test_the_champion_of_a_role_is_the_one_of_that_role():
    for role in ModelRole.values:
        model_version(role)
        assert approval_actions.champion_of(role) is None
    champions = {role: model_version(role, stage=ModelStage.CHAMPION) for role in ModelRole.values}
    assert {role: approval_actions.champion_of(role) for role in ModelRole.values} == champions
    assert approval_actions.model_author(champions["anomaly"]) == champions["anomaly"].created_by
    assert factories.model_version().created_by is not None
