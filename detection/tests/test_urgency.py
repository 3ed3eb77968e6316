"""Alerts of different models on one scale."""

from __future__ import annotations

from typing import Any

import pytest

from detection.alerts.urgency import urgency


def model(role: str, threshold: float, score: float) -> dict[str, Any]:
    return {"role": role, "threshold": repr(threshold), "score": repr(score)}


def test_rules_alone_ask_for_nothing_of_it():
    assert urgency({"rules": [], "models": []}) is None


def test_a_model_below_its_threshold_says_nothing():
    assert urgency({"models": [model("anomaly", 0.9, 0.89)]}) is None


@pytest.mark.parametrize("score", [0.9, 0.95, 1.0])
def test_urgency_rises_with_the_distance_above_the_threshold(score):
    found = urgency({"models": [model("anomaly", 0.9, score)]})
    assert found == pytest.approx(0.5 * (score - 0.9) / 0.1)


def test_what_resembles_confirmed_outcomes_goes_before_what_is_unusual():
    """However small its number looks: a probability of a third beside an anomaly score of 0.99."""
    likely = urgency({"models": [model("supervised", 0.3, 0.33), model("anomaly", 0.9, 0.5)]})
    unusual = urgency({"models": [model("supervised", 0.3, 0.01), model("anomaly", 0.9, 0.999)]})
    assert likely is not None
    assert unusual is not None
    assert likely > unusual


def test_a_threshold_of_one_divides_by_nothing():
    assert urgency({"models": [model("supervised", 1.0, 1.0)]}) == 0.5
