"""Pauses between tries at something that is away: longer each time, and no two processes in step."""

from __future__ import annotations

import random
from typing import Final

MAX_PAUSE: Final = 30.0
# Enough to reach it from a millisecond; more doublings of a fraction overflow after a night of failures.
MAX_DOUBLINGS: Final = 16


class Backoff:
    """Seconds to wait after each failure in a row: `first`, doubled each time up to MAX_PAUSE, with jitter."""

    def __init__(self, first: float) -> None:
        self.first, self.failures = first, 0

    def failed(self) -> float:
        pause = min(self.first * 2 ** min(self.failures, MAX_DOUBLINGS), MAX_PAUSE)
        self.failures += 1
        return random.uniform(pause / 2, pause)  # noqa: S311 (no secret)

    def succeeded(self) -> None:
        self.failures = 0
