"""Rows by entity in the order of time, and what their windows hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .definition import DAY_MICROSECONDS, MAX_SUM
from .wavelet_matrix import WaveletMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

COARSE = 20  # bits that are left out to see whether a sum of 64 bits has overflowed


class Clock:
    """Times as ranks among all rows' times, so that an entity and a moment make one sortable number."""

    def __init__(self, times: Ints, now: Ints) -> None:
        self.times, self.now = times, now
        self.ranks = self.rank(times)
        self._ago: dict[int, Ints] = {}

    def rank(self, moments: Ints) -> Ints:
        """How many rows occurred until then."""
        return self.times.searchsorted(moments, side="right")

    def ago(self, days: int) -> Ints:
        if days not in self._ago:
            self._ago[days] = self.rank(self.now - days * DAY_MICROSECONDS)
        return self._ago[days]


class Stream:
    """Rows by entity. A start is the place, in that order, of the first row of the window."""

    def __init__(self, key: Ints, clock: Clock, at: Ints) -> None:
        import numpy as np

        self.clock, self.key = clock, key[at]
        self.order = np.argsort(key, kind="stable")
        place = np.empty(len(key), dtype=np.int64)
        place[self.order] = np.arange(len(key))
        self.place = place[at]
        self.has_entity = self.key >= 0
        dense = np.unique(key, return_inverse=True)[1] if len(key) and key.max() > 1 << 30 else key
        self.span = len(key) + 1
        self.base = dense[at] * self.span
        self.sorted = (dense * self.span + clock.ranks)[self.order]

    def since(self, days: int) -> Ints:
        result: Ints = self.sorted.searchsorted(self.base + self.clock.ago(days), side="right")
        return result

    def only(self, values: Ints, otherwise: int = 0) -> Ints:
        """Rows without an entity have no history."""
        import numpy as np

        return np.where(self.has_entity, values, otherwise)

    def count(self, start: Ints) -> Ints:
        return self.between(start, self.place)

    def between(self, start: Ints, end: Ints) -> Ints:
        return self.only(end - start)

    def total(self, values: Ints, start: Ints) -> Ints:
        """The sums of whole numbers, none below zero, each MAX_SUM at most."""
        import numpy as np

        result = self._total(values, start)
        if values.sum(dtype=np.float64) < MAX_SUM:
            return result
        is_more = self._total(values >> COARSE, start) >= (MAX_SUM + MAX_SUM // 2) >> COARSE
        return np.where(is_more, MAX_SUM, np.minimum(result, MAX_SUM))

    def _total(self, values: Ints, start: Ints) -> Ints:
        import numpy as np

        sums = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values[self.order], out=sums[1:])
        return self.only(sums[self.place] - sums[start])

    def last(self, start: Ints) -> Ints:
        """Microseconds since the row before, -1 if the window holds none."""
        import numpy as np

        before = self.clock.times[self.order[np.maximum(self.place - 1, 0)]]
        return self.only(np.where(self.place > start, self.clock.now - before, -1), -1)


class BoundedStream(Stream):
    """Of the rows that are `newer`, only those with an id less than the row's bound count."""

    def __init__(self, key: Ints, clock: Clock, at: Ints, ids: Ints, newer: Bools, bound: Ints) -> None:
        import numpy as np

        super().__init__(key, clock, at)
        self.newer = newer[self.order]
        self.ahead = np.concatenate(([0], np.cumsum(self.newer)))
        self.newer_rows = self.order[self.newer]
        self.bounded = WaveletMatrix(ids[self.newer_rows], bound)

    def between(self, start: Ints, end: Ints) -> Ints:
        first, last = self.ahead[start], self.ahead[end]
        return self.only(end - start - (last - first) + self.bounded.between(first, last))

    def _total(self, values: Ints, start: Ints) -> Ints:
        import numpy as np

        ordered = values[self.order]
        sums = np.concatenate(([0], np.cumsum(np.where(self.newer, 0, ordered))))
        new = self.bounded.between(self.ahead[start], self.ahead[self.place], ordered[self.newer])
        return self.only(sums[self.place] - sums[start] + new)

    def last(self, start: Ints) -> Ints:
        import numpy as np

        places = np.where(self.newer, -1, np.arange(len(self.newer)))
        older = np.concatenate(([-1], np.maximum.accumulate(places)))[self.place]
        times, longest = self.clock.times, np.iinfo(np.int64).min
        before = np.where(older >= start, times[self.order[older]], longest)
        new = self.bounded.last(self.ahead[start], self.ahead[self.place])
        before = np.maximum(before, np.where(new >= 0, times[self.newer_rows[new]], longest))
        return self.only(np.where(before > longest, self.clock.now - before, -1), -1)
