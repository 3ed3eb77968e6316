"""Which threshold gives how many alerts a day, and how many of them would be right. Pure: arrays in, numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .confusion_cells import CONFIRMED
from .metrics import ScoredRows
from .proportions import Proportion

# Powers of the square root of two around what was asked for: a dozen steps from an eighth to eight times as much.
CURVE_STEPS = range(-6, 7)


@dataclass(frozen=True, slots=True)
class ThresholdLevel:
    """What one threshold would have added in the window, on average a day, and how much of it was right.

    alerts: rows at or above the threshold that nothing else alerted. flagged: all rows at or above it.
    precision: confirmed among `alerts` with an outcome. recall: confirmed among `alerts`, of all that were confirmed
    and that nothing else alerted.
    """

    threshold: float
    alerts: int
    a_day: float
    flagged: int
    scored: int
    precision: Proportion
    recall: Proportion

    @property
    def unknown(self) -> int:
        """Alerts whose outcome nobody knows."""
        return self.alerts - self.precision.of

    @property
    def flagged_share(self) -> float:
        return self.flagged / self.scored if self.scored else 0.0


def threshold_for(free: ScoredRows, max_rows: int) -> float | None:
    """The lowest score that at most `max_rows` rows reach; None where even the highest is shared by more."""
    return _lowest(_descending(free), max_rows)


def threshold_level(rows: ScoredRows, free: ScoredRows, threshold: float, days: int) -> ThresholdLevel:
    """`free` are those of `rows` that nothing else alerts."""
    alerts = free.only(free.scores >= threshold)
    labelled = alerts.labelled
    right = int((labelled.outcomes == CONFIRMED).sum())
    return ThresholdLevel(
        threshold=threshold, alerts=len(alerts), a_day=len(alerts) / days, scored=len(rows),
        flagged=int((rows.scores >= threshold).sum()), precision=Proportion(right, len(labelled)),
        recall=Proportion(right, int((free.outcomes == CONFIRMED).sum())),
    )  # fmt: skip


def capacity_curve(
    rows: ScoredRows, free: ScoredRows, a_day: float, days: int, max_flagged_share: float
) -> list[ThresholdLevel]:
    """Levels around `a_day` alerts a day, fewest first; only those that flag something, and not nearly everything."""
    ordered, levels = _descending(free), dict[float, ThresholdLevel]()
    for step in CURVE_STEPS:
        threshold = _lowest(ordered, rows_for(a_day * math.sqrt(2) ** step, days))
        if threshold is not None and threshold not in levels:
            levels[threshold] = threshold_level(rows, free, threshold, days)
    return [each for each in levels.values() if each.flagged_share <= max_flagged_share]


def rows_for(a_day: float, days: int) -> int:
    """How many rows of so many days are at most `a_day` a day, as it is written with four decimals."""
    return math.floor(a_day * days + 0.01)


def _descending(free: ScoredRows) -> NDArray[np.float64]:
    return np.sort(free.scores)[::-1]


def _lowest(ordered: NDArray[np.float64], max_rows: int) -> float | None:
    if max_rows <= 0 or not len(ordered):
        return None
    if max_rows >= len(ordered):
        return float(ordered[-1])
    above = np.flatnonzero(ordered[:max_rows] > ordered[max_rows])
    return float(ordered[above[-1]]) if len(above) else None
