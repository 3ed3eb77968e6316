"""What is said of scores against outcomes, without a database."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detection.performance import metrics, thresholds
from detection.performance.confusion_cells import EDGES
from detection.performance.metrics import ScoredRows
from detection.performance.proportions import F1, Proportion


def rows(scores, outcomes, days=None):
    number = len(scores)
    return ScoredRows(
        np.arange(1, number + 1), np.array(days or [0] * number, dtype=np.int64),
        np.array(scores, dtype=np.float64), np.array(outcomes, dtype=np.int64),
    )  # fmt: skip


def by_chance(number=3_000, seed=4, decimals=2):
    """Scores with many ties, outcomes that lean on them, a tenth without any."""
    chance = np.random.default_rng(seed)
    scores = np.round(chance.random(number), decimals)
    outcomes = (chance.random(number) < scores**3).astype(np.int64)
    outcomes[chance.random(number) < 0.1] = -1
    return rows(scores, outcomes)


def test_the_matrix_divides_every_row_once_and_at_the_threshold_is_flagged():
    found = metrics.confusion_matrix(rows([0.5, 0.499999, 0.9, 0.1, 0.7, 0.2], [1, 1, 0, 0, -1, -1]), 0.5)
    assert (found.tp, found.fn, found.fp, found.tn) == (1, 1, 1, 1)
    assert (found.unknown_flagged, found.unknown_unflagged) == (1, 1)
    assert (found.flagged, found.unflagged, found.labelled, found.unknown, found.scored) == (3, 3, 4, 2, 6)
    assert (found.confirmed, found.cleared, found.flagged_labelled) == (2, 2, 2)


def test_precision_recall_and_f1_come_from_it():
    found = metrics.confusion_matrix(rows([0.9] * 8 + [0.1] * 4, [1] * 6 + [0] * 2 + [1] * 3 + [0]), 0.5)
    assert (found.precision.value, found.recall.value) == (6 / 8, 6 / 9)
    assert found.f1.value == pytest.approx(2 * (6 / 8) * (6 / 9) / (6 / 8 + 6 / 9))
    assert found.f1.of == 11


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
        (500, 1000, 0.4691, 0.5309),
    ],
)
def test_the_interval_is_wilson_s(hits, of, low, high):
    found = Proportion(hits, of)
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)


def test_the_interval_of_f1_holds_it_and_follows_the_share_below_it():
    found, share = F1(6, 11), Proportion(6, 11)
    assert found.low < found.value < found.high  # type: ignore[operator]
    assert found.low == pytest.approx(2 * share.low / (1 + share.low))  # type: ignore[operator]


def test_of_nothing_nothing_is_said():
    for found in (Proportion(0, 0), F1(0, 0)):
        assert (found.value, found.low, found.high) == (None, None, None)
    empty = rows([], [])
    assert (metrics.auc(empty), metrics.average_precision(empty), empty.first, empty.last) == (None,) * 4
    assert metrics.calibration_error(metrics.calibration(empty)) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_auc_and_average_precision_are_those_of_scikit_learn_ties_and_all(seed):
    from sklearn.metrics import average_precision_score, roc_auc_score

    found = by_chance(seed=seed)
    known = found.labelled
    assert metrics.auc(found) == pytest.approx(roc_auc_score(known.outcomes, known.scores), abs=1e-12)
    expected = average_precision_score(known.outcomes, known.scores)
    assert metrics.average_precision(found) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("outcomes", [[1, 1, 1], [0, 0, 0], [-1, -1, -1], [1, -1, -1]])
def test_one_class_only_ranks_nothing(outcomes):
    found = rows([0.1, 0.5, 0.9], outcomes)
    assert metrics.auc(found) is None
    assert metrics.average_precision(found) is None


def test_bins_hold_every_row_with_an_outcome_and_their_sums_are_its_sums():
    found = by_chance()
    bins, known = metrics.calibration(found), found.labelled
    assert sum(each.confirmed.of for each in bins) == len(known)
    assert sum(each.confirmed.hits for each in bins) == int(known.outcomes.sum())
    total = sum((each.mean or 0) * each.confirmed.of for each in bins)
    assert total == pytest.approx(known.scores.sum())


def test_an_edge_belongs_to_the_bin_above_it_and_one_to_the_last():
    found = metrics.calibration(rows(list(EDGES), [1] * len(EDGES)))
    assert [each.confirmed.of for each in found] == [1] * 9 + [2]
    assert [(each.first, each.last) for each in found][2:4] == [(0.2, 0.3), (0.3, 0.4)]


def test_the_calibration_error_is_nought_for_a_probability_and_a_gap_for_what_is_none():
    sure = rows([0.25] * 4 + [0.75] * 4, [1, 0, 0, 0, 1, 1, 1, 0])
    assert metrics.calibration_error(metrics.calibration(sure)) == pytest.approx(0)
    boastful = rows([0.95] * 4, [1, 0, 0, 0])
    assert metrics.calibration_error(metrics.calibration(boastful)) == pytest.approx(0.7)


def test_a_threshold_lets_at_most_so_many_through():
    found = rows([0.9, 0.8, 0.8, 0.7, 0.6], [0] * 5)
    assert [thresholds.threshold_for(found, most) for most in range(7)] == [None, 0.9, 0.9, 0.8, 0.7, 0.6, 0.6]


def test_no_threshold_where_the_highest_score_is_shared_by_too_many():
    assert thresholds.threshold_for(rows([0.9, 0.9, 0.9], [0] * 3), 2) is None
    assert thresholds.threshold_for(rows([], []), 2) is None


def test_a_level_counts_what_is_further_and_flags_all():
    every = rows([0.9, 0.8, 0.7, 0.2], [1, 0, -1, 1], days=[0, 1, 1, 1])
    free = every.only(np.array([False, True, True, True]))
    found = thresholds.threshold_level(every, free, 0.7, 2)
    assert (found.alerts, found.a_day, found.flagged, found.scored, found.unknown) == (2, 1.0, 3, 4, 1)
    assert (found.precision, found.recall) == (Proportion(0, 1), Proportion(0, 1))
    assert found.flagged_share == 0.75


def test_the_curve_rises_in_alerts_falls_in_thresholds_and_passes_what_was_asked():
    found = by_chance(decimals=6)
    curve = thresholds.capacity_curve(found, found, 2, 30, 0.2)
    assert [each.a_day for each in curve] == sorted(each.a_day for each in curve)
    assert [each.threshold for each in curve] == sorted((each.threshold for each in curve), reverse=True)
    assert 2 in [round(each.a_day, 6) for each in curve]
    assert 10 < len(curve) <= 13
    assert max(each.flagged_share for each in curve) <= 0.2


def test_whole_alerts_a_day_survive_four_decimals():
    assert thresholds.rows_for(round(434 / 30, 4), 30) == 434
    assert thresholds.rows_for(0.5, 30) == 15
    assert thresholds.rows_for(0.02, 30) == 0
    assert thresholds.rows_for(10 * math.sqrt(2) ** 2, 3) == 60
