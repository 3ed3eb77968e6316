"""Which rows are learned from and which are judged, by days: never at random, never with an outcome from later.

As in the Fraud Detection Handbook (chapter 3): between training and test lies the delay in which labels become known;
a card whose fraud was known by then is taken out of each test day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Days since 1970, both ends included. `delay`: days until a label is known."""

    train_from: int
    train_to: int
    test_from: int
    test_to: int
    delay: int
    supervised_days: int = 28

    @property
    def first(self) -> int:
        """The first day that anything is learned from."""
        return min(self.train_from, self.train_to - self.supervised_days + 1)


def train_rows(split: Split, day: Ints) -> Ints:
    return np.flatnonzero((day >= split.train_from) & (day <= split.train_to))


def labelled_rows(split: Split, day: Ints) -> Ints:
    """More days than the others may have, all with labels known before the first test day."""
    last = min(split.train_to, split.test_from - split.delay - 1)
    return np.flatnonzero((day > split.train_to - split.supervised_days) & (day <= last))


def held_out_rows(split: Split, day: Ints, card: Ints, fraud: NDArray[np.bool_]) -> Ints:
    """Rows of the test days, without cards whose fraud since the first training day was known the day before."""
    daily = []
    since = fraud & (day >= split.train_from)
    for each in range(split.test_from, split.test_to + 1):
        compromised = np.unique(card[since & (day <= each - split.delay - 1)])
        daily.append(np.flatnonzero((day == each) & ~np.isin(card, compromised)))
    return np.concatenate(daily)
