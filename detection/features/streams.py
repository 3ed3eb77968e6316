"""Rows by entity in the order of time, and what their windows hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING

from .definition import DAY_MICROSECONDS, MAX_SUM
from .ordering import dense, ends_of_runs, stable_order
from .wavelet_matrix import WaveletMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

LOW_BITS_MASK = (1 << 20) - 1
COARSE = 20  # bits that are left out to see whether a sum of 64 bits has overflowed


class Clock:
    """Times as ranks among all rows' times, so that an entity and a moment make one sortable number."""

    def __init__(self, times: Ints, now: Ints) -> None:
        self.times, self.now = times, now
        self.ranks = ends_of_runs(times)
        # Of the rows of a stream: all of them, or some.
        self.own_times = times
        self._ago: dict[int, Ints] = {}

    def of_rows(self, rows: Ints) -> Clock:
        """The same for a stream of some rows."""
        clock = copy(self)
        clock.ranks, clock.own_times = self.ranks[rows], self.times[rows]
        return clock

    def rank(self, moments: Ints) -> Ints:
        """How many rows occurred until then."""
        return self.times.searchsorted(moments, side="right")

    def ago(self, days: int) -> Ints:
        if days not in self._ago:
            self._ago[days] = self.rank(self.now - days * DAY_MICROSECONDS)
        return self._ago[days]


def rows_like(key: Ints, at: Ints) -> Ints:
    """The rows that have the key of any of those at `at`, and a few more: those whose keys end in the same bits."""
    import numpy as np

    is_wanted = np.zeros(LOW_BITS_MASK + 1, dtype=bool)
    is_wanted[key[at] & LOW_BITS_MASK] = True
    return np.flatnonzero(is_wanted[key & LOW_BITS_MASK])


class Stream:
    """Rows by entity. A start is the place, in that order, of the first row of the window."""

    def __init__(self, key: Ints, clock: Clock, at: Ints) -> None:
        import numpy as np

        self.clock, self.key = clock, key[at]
        self.order = stable_order(key)
        place = np.empty(len(key), dtype=np.int64)
        place[self.order] = np.arange(len(key))
        self.place = place[at]
        self.has_entity = self.key >= 0
        # Ranks are among the times of all rows, also where these are some of them.
        span = len(clock.times) + 1
        numbers = dense(key, self.order) if len(key) and int(key.max()) > MAX_SUM // span else key
        self.base = numbers[at] * span
        self.sorted = (numbers * span + clock.ranks)[self.order]
        self._starts: dict[int, Ints] = {}

    def since(self, days: int) -> Ints:
        """Where the window of so many days begins, for each target."""
        if days not in self._starts:
            self._starts[days] = self.sorted.searchsorted(self.base + self.clock.ago(days), side="right")
        return self._starts[days]

    def only(self, values: Ints, otherwise: int = 0) -> Ints:
        """Rows without an entity have no history."""
        import numpy as np

        return np.where(self.has_entity, values, otherwise)

    def count(self, days: int) -> Ints:
        return self.between(self.since(days), self.place)

    def between(self, start: Ints, end: Ints) -> Ints:
        return self.only(end - start)

    def totals(self, values: Ints, windows: Sequence[int]) -> Iterator[Ints]:
        """The sums over each window of whole numbers, none below zero, each MAX_SUM at most."""
        import numpy as np

        sums = [self._sums(values)]
        if values.sum(dtype=np.float64) >= MAX_SUM:
            sums.append(self._sums(values >> COARSE))
        for days in windows:
            total, *coarse = (of(self.since(days)) for of in sums)
            if coarse:
                is_more = coarse[0] >= (MAX_SUM + MAX_SUM // 2) >> COARSE
                total = np.where(is_more, MAX_SUM, np.minimum(total, MAX_SUM))
            yield total

    def _sums(self, values: Ints) -> Callable[[Ints], Ints]:
        """What gives the sums from the places that it is told to the targets."""
        import numpy as np

        sums = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values[self.order], out=sums[1:])
        return lambda start: self.only(sums[self.place] - sums[start])

    def last(self, days: int) -> Ints:
        """Microseconds since the row before, -1 if the window holds none."""
        import numpy as np

        before = self.clock.own_times[self.order[np.maximum(self.place - 1, 0)]]
        return self.only(np.where(self.place > self.since(days), self.clock.now - before, -1), -1)


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

    def _sums(self, values: Ints) -> Callable[[Ints], Ints]:
        import numpy as np

        ordered = values[self.order]
        sums = np.concatenate(([0], np.cumsum(np.where(self.newer, 0, ordered))))

        def between(start: Ints) -> Ints:
            new = self.bounded.between(self.ahead[start], self.ahead[self.place], ordered[self.newer])
            return self.only(sums[self.place] - sums[start] + new)

        return between

    def last(self, days: int) -> Ints:
        import numpy as np

        start = self.since(days)
        places = np.where(self.newer, -1, np.arange(len(self.newer)))
        older = np.concatenate(([-1], np.maximum.accumulate(places)))[self.place]
        times, longest = self.clock.own_times, np.iinfo(np.int64).min
        before = np.where(older >= start, times[self.order[older]], longest)
        new = self.bounded.last(self.ahead[start], self.ahead[self.place])
        before = np.maximum(before, np.where(new >= 0, times[self.newer_rows[new]], longest))
        return self.only(np.where(before > longest, self.clock.now - before, -1), -1)
