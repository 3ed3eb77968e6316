"""Sums over a stretch of rows, of only those that came in early enough: a wavelet matrix over the order of ids.

Rows lie in the order of time; each query has a bound on their rank in the order of ids. Building takes n log n and a
query log n steps, whatever the order in which the rows came in: a file in any order costs much the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class WaveletMatrix:
    """`of`: a whole number for each row, in the order of time; `bounds`: for each query, only rows with less count."""

    def __init__(self, of: Ints, bounds: Ints) -> None:
        import numpy as np

        distinct, ranks = np.unique(of, return_inverse=True)
        self.bounds = np.searchsorted(distinct, bounds, side="left")
        self.size, self.levels = len(of), []
        order = np.arange(len(of))
        for bit in reversed(range(len(distinct).bit_length())):
            ones = ranks[order] >> bit & 1 == 1
            zeros = np.zeros(len(of) + 1, dtype=np.int64)
            np.cumsum(~ones, out=zeros[1:])
            self.levels.append((bit, zeros, order[~ones]))
            order = np.concatenate((order[~ones], order[ones]))

    def between(self, start: Ints, end: Ints, values: Ints | None = None) -> Ints:
        """Of the rows from place `start` to before `end`: the sum of `values`, or how many there are."""
        import numpy as np

        totals = np.zeros(len(self.bounds), dtype=np.int64)
        for bit, zeros, order in self.levels:
            below = self.bounds >> bit & 1 == 1
            first, last = zeros[start], zeros[end]
            totals += np.where(below, self._sum(first, last, order, values), 0)
            start = np.where(below, zeros[-1] + start - first, first)
            end = np.where(below, zeros[-1] + end - last, last)
        return totals

    def _sum(self, first: Ints, last: Ints, order: Ints, values: Ints | None) -> Ints:
        import numpy as np

        if values is None:
            return last - first
        sums = np.zeros(len(order) + 1, dtype=np.int64)
        np.cumsum(values[order], out=sums[1:])
        totals: Ints = sums[last] - sums[first]
        return totals

    def last(self, start: Ints, end: Ints) -> Ints:
        """The place of the last such row from `start` to before `end`; -1 where there is none."""
        import numpy as np

        total = self.between(start, end)
        low, high = start.copy(), end.copy()
        for _ in range(self.size.bit_length() + 1):
            middle = (low + high) // 2
            enough = self.between(start, middle) == total
            high, low = np.where(enough, middle, high), np.where(enough, low, np.minimum(middle + 1, high))
        return np.where(total > 0, high - 1, -1)
