"""The pictures of performance and of a version's scores: where each point stands, and the words that say it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.ml.registry.charts import HEIGHT, WIDTH, histogram
from detection.performance import charts, thresholds
from detection.performance.metrics import ScoredRows, calibration, confusion_matrix
from detection.performance.proportions import Proportion
from detection.performance.thresholds import ThresholdLevel

FRAME = charts.FRAME


def scored(*rows: tuple[float, int]) -> ScoredRows:
    """Of (score, outcome), on one day."""
    scores, outcomes = zip(*rows, strict=True) if rows else ((), ())
    number = len(rows)
    return ScoredRows(
        np.arange(1, number + 1), np.zeros(number, dtype=np.int64), np.array(scores, dtype=np.float64),
        np.array(outcomes, dtype=np.int64),
    )  # fmt: skip


def level(a_day: float, hits: int, of: int, threshold: float = 0.5) -> ThresholdLevel:
    return ThresholdLevel(threshold, of, a_day, of, 1_000, Proportion(hits, of), Proportion(hits, 10))


ROWS = scored((0.05, 0), (0.05, 1), (0.95, 1), (0.95, 1), (0.5, -1))


def test_a_point_of_reliability_stands_at_its_mean_score_and_confirmed_share() -> None:
    plot = charts.reliability(ROWS.ranking, "supervised")
    assert plot is not None
    first, last = plot.points
    assert (first.x, last.x) == (FRAME.across(0, 1)(0.05), FRAME.across(0, 1)(0.95))
    assert (first.y, last.y) == (FRAME.up(0, 1)(0.5), FRAME.up(0, 1)(1.0))
    assert first.text == "scores from 0.0 to 0.1, on average 0.050: 1 of 2 confirmed"
    assert first.high_y < first.y < first.low_y
    assert plot.line == f"{FRAME.left},{FRAME.foot} {FRAME.right},{FRAME.top}"
    assert plot.is_guide
    assert [tick.text for tick in plot.side] == ["0%", "25%", "50%", "75%", "100%"]
    assert [tick.text for tick in plot.floor] == ["0", "0.25", "0.5", "0.75", "1"]


@pytest.mark.parametrize(
    ("role", "finding"),
    [
        ("supervised", "Scores and confirmed shares lie 0.250 apart on average"),
        ("anomaly", "From the lowest scores to the highest, the confirmed share goes from 50.0% to 100.0%"),
    ],
)
def test_reliability_says_its_finding_by_the_role_of_the_model(role: str, finding: str) -> None:
    plot = charts.reliability(ROWS.ranking, role)
    assert plot is not None
    assert plot.finding == finding


@pytest.mark.parametrize("rows", [scored(), scored((0.5, -1), (0.9, -1))])
def test_without_outcomes_there_is_no_picture_of_reliability(rows: ScoredRows) -> None:
    assert charts.reliability(rows.ranking, "supervised") is None


def test_a_curve_of_capacity_goes_by_equal_factors() -> None:
    levels = [level(1, 3, 4, 0.9), level(2, 4, 8, 0.8), level(4, 4, 16, 0.7)]
    plot = charts.capacity_curve(levels, None, None)
    assert plot is not None
    assert [point.x for point in plot.points] == [
        FRAME.left,
        pytest.approx((FRAME.left + FRAME.right) / 2),
        FRAME.right,
    ]
    assert plot.points[0].text == "1.0 alerts a day from 0.900000: 3 of 4 confirmed"
    assert plot.finding == "Of 1.0 alerts a day 75% would be right, of 4.0 a day 25%"
    assert plot.line == " ".join(f"{point.x},{point.y}" for point in plot.points)
    assert [tick.text for tick in plot.floor] == ["1", "2", "4"]
    assert (plot.marks, plot.is_guide) == ([], False)


@pytest.mark.parametrize("levels", [[], [level(1, 1, 2)], [level(1, 1, 2), level(2, 0, 0)]])
def test_a_curve_needs_two_levels_whose_precision_is_known(levels: list[ThresholdLevel]) -> None:
    assert charts.capacity_curve(levels, None, None) is None


@pytest.mark.parametrize(
    ("now", "chosen", "texts"),
    [
        (None, None, []), (1.0, None, ["now"]), (None, 16.0, ["chosen"]), (1.0, 16.0, ["now", "chosen"]),
        (4.0, 4.1, ["", "now, chosen"]), (0.5, 17.0, []), (0.0, None, []),
    ],
)  # fmt: skip
def test_thresholds_are_marked_where_the_curve_has_them(
    now: float | None, chosen: float | None, texts: list[str]
) -> None:
    levels = [level(1, 3, 4), level(4, 4, 8), level(16, 4, 16)]
    marks = [None if a_day is None else level(a_day, 1, 2) for a_day in (now, chosen)]
    plot = charts.capacity_curve(levels, *marks)
    assert plot is not None
    assert [mark.text for mark in plot.marks] == texts


def version(**metrics: Any) -> Any:
    return SimpleNamespace(threshold=0.75, metrics={"histogram": [4, 1, 0], "edges": [0.0, 0.5, 0.8, 1.0], **metrics})


def test_a_histogram_has_a_bar_for_each_bin_by_the_root_of_its_count() -> None:
    picture = histogram(version(flagged_share=0.0125))
    assert picture is not None
    assert [bar.count for bar in picture.bars] == [4, 1, 0]
    assert [(bar.first, bar.last) for bar in picture.bars] == [(0.0, 0.5), (0.5, 0.8), (0.8, 1.0)]
    room = picture.foot
    assert [bar.height for bar in picture.bars] == [room, room / 2, 0]
    assert [bar.y for bar in picture.bars] == [0, room / 2, room]
    assert [bar.x for bar in picture.bars] == [round(WIDTH / 3 * index, 1) for index in range(3)]
    assert {bar.width for bar in picture.bars} == {round(WIDTH / 3 - 1, 1)}
    assert (picture.threshold_x, picture.height) == (0.75 * WIDTH, HEIGHT)
    assert picture.finding == "The threshold of 0.7500 is reached by 1.25% of the rows that it learned from"


def test_a_histogram_says_where_its_threshold_comes_from() -> None:
    picture = histogram(version(threshold_from="later days"))
    assert picture is not None
    assert picture.finding.endswith("is reached by 0.00% of the later days")


@pytest.mark.parametrize(("threshold", "x"), [(-1.0, 0), (0.0, 0), (2.0, WIDTH)])
def test_a_threshold_beyond_the_scores_stands_at_the_edge(threshold: float, x: float) -> None:
    given = version()
    given.threshold = threshold
    picture = histogram(given)
    assert picture is not None
    assert picture.threshold_x == x


@pytest.mark.parametrize(
    "metrics", [{"histogram": []}, {"edges": []}, {"edges": [0.0, 1.0]}, {"edges": [0, 1, 2, 3, 4]}]
)
def test_a_version_without_bins_has_no_histogram(metrics: dict[str, Any]) -> None:
    assert histogram(version(**metrics)) is None


SCORES = st.lists(st.tuples(st.integers(0, 10).map(lambda tenth: tenth / 10), st.sampled_from([0, 1, -1])), max_size=30)


@settings(max_examples=200)
@given(rows=SCORES, most=st.integers(-1, 31))
def test_the_threshold_for_a_number_is_the_lowest_that_no_more_reach(rows: list[tuple[float, int]], most: int) -> None:
    free = scored(*rows)
    values = [score for score, _ in rows]
    possible = [value for value in set(values) if sum(other >= value for other in values) <= most]
    assert thresholds.threshold_for(free, most) == (min(possible) if possible else None)


@settings(max_examples=150)
@given(rows=SCORES, threshold=st.integers(0, 11).map(lambda tenth: tenth / 10), days=st.integers(1, 9))
def test_a_level_counts_what_reaches_it(rows: list[tuple[float, int]], threshold: float, days: int) -> None:
    every, free = scored(*rows, (0.95, 1), (0.2, 0)), scored(*rows)
    found = thresholds.threshold_level(every, free, threshold, days)
    alerts = [outcome for score, outcome in rows if score >= threshold]
    assert (found.alerts, found.a_day) == (len(alerts), len(alerts) / days)
    assert (found.precision.hits, found.precision.of) == (alerts.count(1), len(alerts) - alerts.count(-1))
    assert (found.recall.hits, found.recall.of) == (alerts.count(1), [outcome for _, outcome in rows].count(1))
    assert found.unknown == alerts.count(-1)
    assert found.flagged == len(alerts) + (threshold <= 0.95) + (threshold <= 0.2)
    assert found.flagged_share == found.flagged / (len(rows) + 2)


def test_a_level_of_nothing_flags_nothing() -> None:
    found = thresholds.threshold_level(scored(), scored(), 0.5, 3)
    assert (found.alerts, found.flagged_share, found.precision.value) == (0, 0.0, None)


@pytest.mark.parametrize(
    ("a_day", "days", "rows"), [(1, 30, 30), (0.0333, 30, 1), (0.01, 30, 0), (2.5, 3, 7), (0.3333, 3, 1)]
)
def test_a_number_a_day_is_so_many_rows(a_day: float, days: int, rows: int) -> None:
    assert thresholds.rows_for(a_day, days) == rows


def test_a_curve_has_each_threshold_once_fewest_alerts_first() -> None:
    free = scored(*((number / 100, number % 2) for number in range(100)))
    curve = thresholds.capacity_curve(free, free, 8, 1, 0.5)
    assert [each.alerts for each in curve] == sorted(
        {math.floor(8 * math.sqrt(2) ** step + 0.01) for step in range(-6, 6)}
    )
    assert len({each.threshold for each in curve}) == len(curve)
    assert max(each.flagged_share for each in curve) <= 0.5
    assert [each.alerts for each in thresholds.capacity_curve(free, free, 8, 1, 0.05)] == [1, 2, 4, 5]


@settings(max_examples=100)
@given(rows=SCORES, threshold=st.integers(0, 11).map(lambda tenth: tenth / 10))
def test_a_matrix_divides_every_row_once(rows: list[tuple[float, int]], threshold: float) -> None:
    matrix = confusion_matrix(scored(*rows), threshold)
    counts = {
        (flagged, outcome): sum((score >= threshold) == flagged and each == outcome for score, each in rows)
        for flagged in (True, False) for outcome in (1, 0, -1)
    }  # fmt: skip
    assert (matrix.tp, matrix.fp, matrix.unknown_flagged) == (counts[True, 1], counts[True, 0], counts[True, -1])
    assert (matrix.fn, matrix.tn, matrix.unknown_unflagged) == (counts[False, 1], counts[False, 0], counts[False, -1])
    assert matrix.scored == len(rows)
    assert (matrix.precision.of, matrix.recall.of) == (matrix.tp + matrix.fp, matrix.tp + matrix.fn)


@settings(max_examples=100)
@given(rows=SCORES)
def test_every_labelled_row_is_in_one_bin_of_calibration(rows: list[tuple[float, int]]) -> None:
    labelled = [(score, outcome) for score, outcome in rows if outcome != -1]
    bins = calibration(scored(*rows))
    for number, each in enumerate(bins):
        inside = [
            (score, outcome) for score, outcome in labelled
            if each.first <= score < each.last or (number == 9 and score == 1.0)
        ]  # fmt: skip
        assert (each.confirmed.hits, each.confirmed.of) == (sum(outcome for _, outcome in inside), len(inside))
        if inside:
            assert each.mean == pytest.approx(sum(score for score, _ in inside) / len(inside))
