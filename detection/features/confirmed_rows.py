"""How many confirmed transactions an entity had in the window before each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .definition import DAY_MICROSECONDS, HORIZON
from .wavelet_matrix import WaveletMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ConfirmedRows:
    """Transactions confirmed as suspicious: whose, when they occurred, since when it is known (microseconds).

    `after`: only for rows with a greater id they count; `weight`: 1, or -1 for what was taken back from them on.
    """

    account: Ints
    counterparty: Ints
    occurred: Ints
    known_at: Ints
    after: Ints | None = None
    weight: Ints | None = None

    def where(self, mask: Bools) -> ConfirmedRows:
        after, weight = (None if part is None else part[mask] for part in (self.after, self.weight))
        return ConfirmedRows(
            self.account[mask], self.counterparty[mask], self.occurred[mask], self.known_at[mask], after, weight
        )  # fmt: skip


def confirmed_count(of: Ints, outcomes: ConfirmedRows, key: Ints, now: Ints, days: int, bound: Ints | None) -> Ints:
    """Outcomes that became known in (t - days, t], of transactions of the entity in (t - 37 days, t)."""
    import numpy as np

    start = np.maximum(outcomes.known_at, outcomes.occurred + 1)
    end = np.minimum(outcomes.known_at + days * DAY_MICROSECONDS, outcomes.occurred + HORIZON * DAY_MICROSECONDS)
    is_counted = (end > start) & (of >= 0)
    after = None if outcomes.after is None or bound is None else outcomes.after[is_counted]
    weight = np.ones(is_counted.sum(), dtype=np.int64) if outcomes.weight is None else outcomes.weight[is_counted]
    weights = _EntityWeights(of[is_counted], key, now, bound, after, weight)
    return np.where(key >= 0, weights.until(start[is_counted]) - weights.until(end[is_counted]), 0)


@dataclass(frozen=True, slots=True)
class _EntityWeights:
    """How much of what happened to entities (`of`, `weight`, `after`) was before each (`key`, `now`, `bound`)."""

    of: Ints
    key: Ints
    now: Ints
    bound: Ints | None
    after: Ints | None
    weight: Ints

    def until(self, moments: Ints) -> Ints:
        """The weight of what is of the same entity, counts, and not after now, if it happened at `moments`."""
        import numpy as np

        of, key = self.of, self.key
        if not len(of):
            return np.zeros(len(key), dtype=np.int64)
        order = np.lexsort((moments, of))
        times = np.sort(moments)
        entities, own = np.unique(of, return_inverse=True)
        number = np.minimum(np.searchsorted(entities, key), len(entities) - 1)
        span = len(of) + 1
        placed = own[order] * span + times.searchsorted(moments[order], side="right")
        base = number * span
        first = placed.searchsorted(base, side="left")
        last = placed.searchsorted(base + times.searchsorted(self.now, side="right"), side="right")
        return np.where(entities[number] == key, self._sum(order, first, last), 0)

    def _sum(self, order: Ints, first: Ints, last: Ints) -> Ints:
        import numpy as np

        weight = self.weight[order]
        if self.after is not None and self.bound is not None and self.after.max() >= self.bound.min():
            return WaveletMatrix(self.after[order], self.bound).between(first, last, weight)
        sums = np.concatenate(([0], np.cumsum(weight)))
        result: Ints = sums[last] - sums[first]
        return result
