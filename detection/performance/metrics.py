"""How scores compare with outcomes. Pure: arrays in, numbers out; None where there is no row to tell by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finobs.core.clock import EPOCH

from .confusion_cells import CALIBRATION_BINS, CLEARED, CONFIRMED, EDGES, UNKNOWN
from .proportions import F1, Proportion


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Rows that a version scored: ids of transactions (ascending), days since 1970, scores, outcomes (1, 0, -1)."""

    ids: NDArray[np.int64]
    days: NDArray[np.int64]
    scores: NDArray[np.float64]
    outcomes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> ScoredRows:
        return ScoredRows(self.ids[mask], self.days[mask], self.scores[mask], self.outcomes[mask])

    @cached_property
    def labelled(self) -> ScoredRows:
        """Those with an outcome."""
        return self.only(self.outcomes != UNKNOWN)

    @cached_property
    def ranking(self) -> Ranking:
        """The same at every threshold, so worked out once for versions that share these rows."""
        return Ranking(calibration(self), auc(self), average_precision(self))

    @property
    def first(self) -> date | None:
        return EPOCH + timedelta(days=int(self.days.min())) if len(self) else None

    @property
    def last(self) -> date | None:
        return EPOCH + timedelta(days=int(self.days.max())) if len(self) else None


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """The confusion matrix, and beside it the rows whose outcome nobody knows."""

    tp: int
    fp: int
    fn: int
    tn: int
    unknown_flagged: int
    unknown_unflagged: int

    @property
    def flagged(self) -> int:
        return self.tp + self.fp + self.unknown_flagged

    @property
    def flagged_labelled(self) -> int:
        return self.tp + self.fp

    @property
    def confirmed(self) -> int:
        return self.tp + self.fn

    @property
    def cleared(self) -> int:
        return self.fp + self.tn

    @property
    def labelled(self) -> int:
        return self.confirmed + self.cleared

    @property
    def unknown(self) -> int:
        return self.unknown_flagged + self.unknown_unflagged

    @property
    def unflagged(self) -> int:
        return self.scored - self.flagged

    @property
    def scored(self) -> int:
        return self.labelled + self.unknown

    @property
    def precision(self) -> Proportion:
        return Proportion(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> Proportion:
        return Proportion(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> F1:
        return F1(self.tp, self.tp + self.fp + self.fn)


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows with an outcome whose score lies from `first` to below `last` (the last one: up to 1)."""

    number: int
    first: float
    last: float
    mean: float | None
    confirmed: Proportion

    @property
    def gap(self) -> float | None:
        """Confirmed share less mean score."""
        return None if self.mean is None or self.confirmed.value is None else self.confirmed.value - self.mean


@dataclass(frozen=True, slots=True)
class Ranking:
    """What does not depend on a threshold."""

    bins: list[CalibrationBin]
    auc: float | None
    average_precision: float | None

    @property
    def calibration_error(self) -> float | None:
        return calibration_error(self.bins)


def confusion_matrix(rows: ScoredRows, threshold: float) -> ConfusionMatrix:
    flagged = rows.scores >= threshold

    def count(is_flagged: bool, outcome: int) -> int:
        return int(((flagged == is_flagged) & (rows.outcomes == outcome)).sum())

    return ConfusionMatrix(
        tp=count(True, CONFIRMED), fp=count(True, CLEARED), fn=count(False, CONFIRMED), tn=count(False, CLEARED),
        unknown_flagged=count(True, UNKNOWN), unknown_unflagged=count(False, UNKNOWN),
    )  # fmt: skip


def calibration(rows: ScoredRows) -> list[CalibrationBin]:
    """Ten bins of equal width over the rows with an outcome."""
    labelled = rows.labelled
    place = np.clip(np.searchsorted(np.array(EDGES), labelled.scores, side="right") - 1, 0, CALIBRATION_BINS - 1)
    counts = np.bincount(place, minlength=CALIBRATION_BINS)
    sums = np.bincount(place, weights=labelled.scores, minlength=CALIBRATION_BINS)
    right = np.bincount(place[labelled.outcomes == CONFIRMED], minlength=CALIBRATION_BINS)
    return [
        CalibrationBin(
            index, EDGES[index], EDGES[index + 1],
            float(sums[index] / counts[index]) if counts[index] else None, Proportion(int(right[index]),
            int(counts[index])),
        )
        for index in range(CALIBRATION_BINS)
    ]  # fmt: skip


def calibration_error(bins: list[CalibrationBin]) -> float | None:
    """Expected calibration error: gaps between mean score and confirmed share, each by its share of the rows."""
    total = sum(each.confirmed.of for each in bins)
    return sum(abs(each.gap or 0) * each.confirmed.of for each in bins) / total if total else None


def auc(rows: ScoredRows) -> float | None:
    """How often a confirmed row scores higher than a cleared one, ties by half; None without both."""
    labelled = rows.labelled
    right = labelled.scores[labelled.outcomes == CONFIRMED]
    wrong = np.sort(labelled.scores[labelled.outcomes == CLEARED])
    if not len(right) or not len(wrong):
        return None
    below, not_above = np.searchsorted(wrong, right, side="left"), np.searchsorted(wrong, right, side="right")
    return float((below + not_above).sum() / (2 * len(right) * len(wrong)))


def average_precision(rows: ScoredRows) -> float | None:
    """Precision at each score, weighed by the recall it adds; None without both confirmed and cleared rows."""
    labelled = rows.labelled
    total = int((labelled.outcomes == CONFIRMED).sum())
    if not total or total == len(labelled):
        return None
    order = np.argsort(-labelled.scores, kind="stable")
    scores, right = labelled.scores[order], np.cumsum(labelled.outcomes[order] == CONFIRMED)
    # Rows of one score stand or fall together: only the last of each counts.
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = right[ends]
    return float((np.diff(hits, prepend=0) * hits / (ends + 1)).sum() / total)
