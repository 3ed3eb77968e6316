"""What the two pictures of performance say and where their points stand, by hand."""

from __future__ import annotations

import math

import pytest

from detection.choices import ModelRole
from detection.performance import charts
from detection.performance.metrics import CalibrationBin, Ranking
from detection.performance.proportions import Proportion
from detection.performance.thresholds import ThresholdLevel

LEFT, RIGHT, TOP, FOOT = 40, 388, 26, 264
EMPTY = CalibrationBin(0, 0.0, 0.1, None, Proportion(0, 0))


def ranking(*bins):
    return Ranking([EMPTY, *bins], 0.9, 0.5)


def level(threshold, a_day, hits, of, **fields):
    values = {"alerts": round(a_day * 10), "flagged": round(a_day * 10), "scored": 1_000, "recall": Proportion(0, 0)}
    return ThresholdLevel(threshold=threshold, a_day=a_day, precision=Proportion(hits, of), **{**values, **fields})


LEVELS = [level(0.9, 1, 8, 10), level(0.8, 4, 0, 0), level(0.7, 10, 50, 100), level(0.6, 100, 100, 1_000)]


def test_a_point_of_the_reliability_picture_stands_at_its_mean_score_and_confirmed_share():
    picture = charts.reliability(ranking(CalibrationBin(2, 0.2, 0.3, 0.25, Proportion(3, 4))), ModelRole.SUPERVISED)
    assert picture is not None
    (point,) = picture.points
    low, high = Proportion(3, 4).interval or (0, 0)
    assert point.x == LEFT + 0.25 * (RIGHT - LEFT)
    assert [point.y, point.low_y, point.high_y] == [round(FOOT - each * (FOOT - TOP), 1) for each in (0.75, low, high)]
    assert point.high_y < point.y < point.low_y
    assert point.text == "scores from 0.2 to 0.3, on average 0.250: 3 of 4 confirmed"


def test_the_line_of_the_reliability_picture_is_the_diagonal_of_a_probability():
    picture = charts.reliability(ranking(CalibrationBin(2, 0.2, 0.3, 0.25, Proportion(1, 4))), ModelRole.SUPERVISED)
    assert picture is not None
    assert (picture.line, picture.is_guide) == (f"{LEFT},{FOOT} {RIGHT},{TOP}", True)
    assert [(tick.at, tick.text) for tick in picture.side] == [
        (264.0, "0%"), (204.5, "25%"), (145.0, "50%"), (85.5, "75%"), (26.0, "100%")
    ]  # fmt: skip
    assert [(tick.at, tick.text) for tick in picture.floor] == [
        (40.0, "0"), (127.0, "0.25"), (214.0, "0.5"), (301.0, "0.75"), (388.0, "1")
    ]  # fmt: skip
    assert (picture.across_label, picture.up_label) == ("mean score of the bin", "confirmed share")


def test_of_a_probability_the_picture_states_how_far_it_is_off_on_average():
    bins = (CalibrationBin(2, 0.2, 0.3, 0.25, Proportion(2, 4)), CalibrationBin(9, 0.9, 1.0, 0.95, Proportion(19, 20)))
    picture = charts.reliability(ranking(*bins), ModelRole.SUPERVISED)
    assert picture is not None
    assert picture.finding == "Scores and confirmed shares lie 0.042 apart on average"


def test_of_an_anomaly_score_the_picture_states_the_shares_at_both_ends():
    bins = (CalibrationBin(2, 0.2, 0.3, 0.25, Proportion(1, 200)), CalibrationBin(9, 0.9, 1.0, 0.95, Proportion(3, 8)))
    picture = charts.reliability(ranking(*bins, EMPTY), ModelRole.ANOMALY)
    assert picture is not None
    assert picture.finding == "From the lowest scores to the highest, the confirmed share goes from 0.5% to 37.5%"


def test_without_outcomes_there_is_no_reliability_picture():
    assert charts.reliability(ranking(), ModelRole.ANOMALY) is None


def test_bins_without_rows_have_no_point():
    bins = (EMPTY, CalibrationBin(9, 0.9, 1.0, 0.95, Proportion(3, 8)), EMPTY)
    picture = charts.reliability(ranking(*bins), ModelRole.ANOMALY)
    assert picture is not None
    assert [point.x for point in picture.points] == [round(LEFT + 0.95 * (RIGHT - LEFT), 1)]


def test_steps_by_the_same_factor_stand_equally_far_apart_on_the_curve():
    picture = charts.capacity_curve(LEVELS, None, None)
    assert picture is not None
    assert [point.x for point in picture.points] == [40.0, 214.0, 388.0]
    assert [point.y for point in picture.points] == [round(FOOT - each * 238, 1) for each in (0.8, 0.5, 0.1)]
    assert picture.line == "40.0,73.6 214.0,145.0 388.0,240.2"
    assert not picture.is_guide


def test_the_curve_states_what_its_two_ends_would_bring():
    picture = charts.capacity_curve(LEVELS, None, None)
    assert picture is not None
    assert picture.finding == "Of 1.0 alerts a day 80% would be right, of 100.0 a day 10%"
    assert picture.points[1].text == "10.0 alerts a day from 0.700000: 50 of 100 confirmed"
    assert [(tick.at, tick.text) for tick in picture.floor] == [(40.0, "1"), (214.0, "10"), (388.0, "100")]


@pytest.mark.parametrize("levels", [[], LEVELS[:1], LEVELS[:2], [LEVELS[1]] * 3])
def test_a_curve_needs_two_steps_of_known_precision(levels):
    assert charts.capacity_curve(levels, None, None) is None


def test_the_present_and_the_chosen_threshold_are_marked_on_the_curve():
    picture = charts.capacity_curve(LEVELS, level(0.85, 2, 1, 2), level(0.65, 50, 1, 2))
    assert picture is not None
    assert [(mark.text, mark.at) for mark in picture.marks] == [
        (word, round(LEFT + math.log(a_day) / math.log(100) * (RIGHT - LEFT), 1))
        for word, a_day in (("now", 2), ("chosen", 50))
    ]
    assert [mark.anchor for mark in picture.marks] == ["start", "end"]


@pytest.mark.parametrize("a_day", [0, 0.99, 100.01])
def test_a_threshold_that_the_curve_does_not_reach_is_not_marked(a_day):
    picture = charts.capacity_curve(LEVELS, level(0.5, a_day, 1, 2), None)
    assert picture is not None
    assert picture.marks == []


@pytest.mark.parametrize("a_day", [1, 100])
def test_a_threshold_at_an_end_of_the_curve_is_marked(a_day):
    picture = charts.capacity_curve(LEVELS, None, level(0.5, a_day, 1, 2))
    assert picture is not None
    assert [mark.text for mark in picture.marks] == ["chosen"]


def test_two_marks_in_one_place_share_their_words():
    picture = charts.capacity_curve(LEVELS, level(0.7, 10, 1, 2), level(0.7, 10.5, 1, 2))
    assert picture is not None
    assert [mark.text for mark in picture.marks] == ["", "now, chosen"]
