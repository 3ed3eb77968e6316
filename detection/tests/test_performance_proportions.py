"""Proportions, cells and levels against their definitions, solved by other means or by hand."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from detection.performance import metrics, thresholds
from detection.performance.confusion_cells import ALL_CLASSES, CELLS, CLEARED, CONFIRMED, EDGES, LABELLED, UNKNOWN
from detection.performance.metrics import CalibrationBin, ConfusionMatrix, Ranking, ScoredRows
from detection.performance.proportions import F1, Proportion, Z

SAMPLES = [(0, 1), (1, 1), (1, 2), (0, 7), (7, 7), (3, 10), (9, 10), (1, 250), (37, 250), (4_999, 5_000)]


def scored_rows(scores, outcomes, days=None):
    number = len(scores)
    return ScoredRows(
        np.arange(1, number + 1), np.array(days or [0] * number, dtype=np.int64),
        np.array(scores, dtype=np.float64), np.array(outcomes, dtype=np.int64),
    )  # fmt: skip


def wilson_bound(hits, of, sign):
    """Where a share `p` lies just so far from the observed one that it is not rejected: the interval's definition."""
    observed = hits / of

    def distance(p):
        return (observed - p) * sign - Z * math.sqrt(p * (1 - p) / of)

    return brentq(distance, *((0.0, observed) if sign > 0 else (observed, 1.0)), xtol=1e-14)


def test_the_quantile_of_the_interval_is_that_of_ninety_five_percent():
    assert pytest.approx(norm.ppf(0.975), abs=5e-7) == Z


@pytest.mark.parametrize(("hits", "of"), [each for each in SAMPLES if 0 < each[0] < each[1]])
def test_the_bounds_of_a_proportion_solve_the_equation_that_defines_them(hits, of):
    proportion = Proportion(hits, of)
    assert proportion.low == pytest.approx(wilson_bound(hits, of, 1), abs=1e-9)
    assert proportion.high == pytest.approx(wilson_bound(hits, of, -1), abs=1e-9)


@pytest.mark.parametrize(("hits", "of"), SAMPLES)
def test_the_interval_of_a_proportion_holds_its_value_and_stays_between_nought_and_one(hits, of):
    for each in (Proportion(hits, of), F1(hits, of)):
        assert each.low is not None
        assert each.high is not None
        assert each.value is not None
        assert 0 <= each.low <= each.value <= each.high <= 1
        assert each.high - each.low > 0


@pytest.mark.parametrize("of", [1, 10, 1_000])
def test_the_interval_of_none_and_of_all_mirror_each_other(of):
    none, every = Proportion(0, of), Proportion(of, of)
    assert none.low == pytest.approx(0, abs=1e-15)
    assert every.high == pytest.approx(1, abs=1e-15)
    assert none.high == pytest.approx(Z * Z / (of + Z * Z), abs=1e-12)
    assert every.low == pytest.approx(1 - Z * Z / (of + Z * Z), abs=1e-12)


def test_the_interval_narrows_with_more_rows():
    widths = [Proportion(of // 2, of).high - Proportion(of // 2, of).low for of in (10, 100, 1_000)]  # type: ignore[operator]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


@pytest.mark.parametrize(("tp", "fp", "fn"), [(6, 2, 3), (1, 0, 0), (1, 9, 0), (1, 0, 9), (40, 7, 11)])
def test_f1_is_the_harmonic_mean_of_precision_and_recall(tp, fp, fn):
    matrix = ConfusionMatrix(tp=tp, fp=fp, fn=fn, tn=5, unknown_flagged=100, unknown_unflagged=100)
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    assert matrix.f1.value == pytest.approx(2 * precision * recall / (precision + recall))
    assert (matrix.precision, matrix.recall) == (Proportion(tp, tp + fp), Proportion(tp, tp + fn))


def test_f1_without_a_true_positive_is_nought_and_its_interval_begins_there():
    f1 = ConfusionMatrix(tp=0, fp=3, fn=2, tn=0, unknown_flagged=0, unknown_unflagged=0).f1
    assert (f1.value, f1.low) == (0.0, 0.0)
    assert f1.high == pytest.approx(2 * Proportion(0, 5).high / (1 + Proportion(0, 5).high))  # type: ignore[operator]


# One power of two for each of the six elementary counts: a sum says which of them it is made of.
COUNTS = ConfusionMatrix(tp=1, fp=2, fn=4, tn=8, unknown_flagged=16, unknown_unflagged=32)
ELEMENTS = {
    (True, CONFIRMED): 1, (True, CLEARED): 2, (False, CONFIRMED): 4, (False, CLEARED): 8,
    (True, UNKNOWN): 16, (False, UNKNOWN): 32,
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_says_which_rows_the_matrix_counts_under_its_name(name):
    cell = CELLS[name]
    flags = (True, False) if cell.is_flagged is None else (cell.is_flagged,)
    expected = sum(ELEMENTS[flag, outcome] for flag in flags for outcome in cell.outcomes)
    assert getattr(COUNTS, name) == expected


def test_every_number_of_the_matrix_has_a_cell_with_its_own_label():
    numbers = {each.name for each in fields(ConfusionMatrix)}
    numbers |= {name for name, value in vars(ConfusionMatrix).items() if isinstance(value, property)}
    assert numbers - {"precision", "recall", "f1"} == set(CELLS)
    assert len({each.label for each in CELLS.values()}) == len(CELLS)


def test_the_classes_of_the_cells_are_the_three_outcomes():
    assert sorted(ALL_CLASSES) == [UNKNOWN, CLEARED, CONFIRMED] == [-1, 0, 1]
    assert set(LABELLED) == set(ALL_CLASSES) - {UNKNOWN}


def test_the_edges_divide_nought_to_one_in_ten():
    assert EDGES == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def test_the_first_and_last_day_are_those_of_the_rows_in_any_order():
    rows = scored_rows([0.1, 0.2, 0.3], [1, 0, -1], days=[20_002, 20_000, 20_001])
    assert (str(rows.first), str(rows.last)) == ("2024-10-04", "2024-10-06")
    assert (len(rows), len(rows.labelled), rows.labelled.ids.tolist()) == (3, 2, [1, 2])


def test_a_bin_s_gap_is_confirmed_share_less_mean_score():
    filled = CalibrationBin(3, 0.3, 0.4, 0.35, Proportion(1, 4))
    assert filled.gap == pytest.approx(-0.10)
    assert CalibrationBin(3, 0.3, 0.4, None, Proportion(0, 0)).gap is None


def test_the_calibration_error_weighs_gaps_by_rows_and_forgets_their_signs():
    bins = [
        CalibrationBin(0, 0.0, 0.1, 0.05, Proportion(1, 2)),  # 0.45 too low, of 2 rows
        CalibrationBin(1, 0.1, 0.2, None, Proportion(0, 0)),
        CalibrationBin(9, 0.9, 1.0, 0.95, Proportion(3, 6)),  # 0.45 too high, of 6 rows
        CalibrationBin(5, 0.5, 0.6, 0.55, Proportion(55, 100)),
    ]
    assert Ranking(bins, None, None).calibration_error == pytest.approx(0.45 * 8 / 108)


def test_rows_without_an_outcome_are_in_no_bin_and_rank_nothing():
    rows = scored_rows([0.2, 0.8, 0.81, 0.82], [0, 1, -1, -1])
    assert [each.confirmed.of for each in metrics.calibration(rows)] == [0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    assert (metrics.auc(rows), metrics.average_precision(rows)) == (1.0, 1.0)


def test_scores_of_one_value_rank_as_chance_does():
    rows = scored_rows([0.5] * 4, [1, 0, 0, 0])
    assert (metrics.auc(rows), metrics.average_precision(rows)) == (0.5, 0.25)


def test_the_ranking_of_rows_is_worked_out_once_and_is_that_of_its_parts():
    rows = scored_rows([0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0])
    assert rows.ranking is rows.ranking
    assert (rows.ranking.auc, rows.ranking.average_precision) == (0.75, pytest.approx((1 + 2 / 3) / 2))
    assert rows.ranking.bins == metrics.calibration(rows)


@pytest.mark.parametrize(
    ("threshold", "alerts", "flagged", "precision", "recall"),
    [
        (0.95, 0, 0, (0, 0), (0, 2)),
        (0.9, 1, 1, (1, 1), (1, 2)),
        (0.8, 1, 2, (1, 1), (1, 2)),
        (0.7, 2, 3, (1, 1), (1, 2)),
        (0.6, 3, 4, (1, 2), (1, 2)),
        (0.5, 4, 5, (2, 3), (2, 2)),
    ],
)
def test_a_level_counts_its_alerts_among_those_that_nothing_else_alerts(threshold, alerts, flagged, precision, recall):
    rows = scored_rows([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, -1, 0, 1])
    free = rows.only(np.array([True, False, True, True, True]))
    level = thresholds.threshold_level(rows, free, threshold, 4)
    assert (level.alerts, level.flagged, level.scored, level.a_day) == (alerts, flagged, 5, alerts / 4)
    assert (level.precision, level.recall) == (Proportion(*precision), Proportion(*recall))
    assert level.unknown == alerts - precision[1]
    assert level.flagged_share == flagged / 5


def test_a_level_of_no_rows_flags_no_share():
    empty = scored_rows([], [])
    assert thresholds.threshold_level(empty, empty, 0.5, 1).flagged_share == 0.0


def test_the_curve_leaves_out_what_flags_more_than_the_limit_and_keeps_what_flags_just_that():
    rows = scored_rows([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05], [0] * 10)
    shares = [each.flagged_share for each in thresholds.capacity_curve(rows, rows, 2, 1, 0.2)]
    assert shares == [0.1, 0.2]
    assert thresholds.capacity_curve(rows, rows, 2, 1, 0.09) == []


def test_the_curve_reaches_from_an_eighth_to_eight_times_what_was_asked_for():
    rows = scored_rows([1 - number / 10_000 for number in range(10_000)], [0] * 10_000)
    a_day = [each.a_day for each in thresholds.capacity_curve(rows, rows, 80, 1, 1.0)]
    assert (a_day[0], a_day[6], a_day[-1], len(a_day)) == (10, 80, 640, 13)
