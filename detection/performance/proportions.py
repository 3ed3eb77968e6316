"""A number of so many, and how sure that makes one."""

from __future__ import annotations

import math
from dataclasses import dataclass

# The normal quantile of a two-sided 95 % interval.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `of`, with the Wilson score interval (Wilson 1927), which holds for few rows and at 0 and 1 too."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.of:
            return None
        share, n = self.hits / self.of, self.of
        middle = share + Z * Z / (2 * n)
        reach = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
        scale = 1 + Z * Z / n
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

    @property
    def low(self) -> float | None:
        return self.interval[0] if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval[1] if self.interval else None


@dataclass(frozen=True, slots=True)
class F1(Proportion):
    """F1 of `hits` (true positives) and `of` (all rows that are flagged, confirmed or both).

    F1 = 2J / (1 + J) of the share J = tp / (tp + fp + fn), and rises with it: so J's interval gives F1's.
    """

    @property
    def value(self) -> float | None:
        return 2 * self.hits / (self.hits + self.of) if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        bounds = Proportion(self.hits, self.of).interval
        return None if bounds is None else (2 * bounds[0] / (1 + bounds[0]), 2 * bounds[1] / (1 + bounds[1]))
