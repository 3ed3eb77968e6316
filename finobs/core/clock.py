"""Aware time, from one place that tests and simulations can hold still.

>>> from datetime import UTC, datetime
>>> with at(datetime(2026, 2, 28, 23, 59, tzinfo=UTC)):
...     now().isoformat()
'2026-02-28T23:59:00+00:00'
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

# Where days are numbers, they are counted from here.
EPOCH = date(1970, 1, 1)
# Seconds, for schedules and arithmetic on whole seconds.
MINUTE, HOUR, DAY = 60, 3_600, 86_400

_override: ContextVar[datetime | None] = ContextVar("finobs_clock", default=None)


def now() -> datetime:
    """The present moment in UTC."""
    return _override.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (aware) within the block."""
    if moment.tzinfo is None:
        raise ValueError("the clock keeps aware times only")
    token = _override.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _override.reset(token)


def time_zones() -> set[str]:
    """The names of places and offsets, without those that mean what the machine is set to, or nothing."""
    return zoneinfo.available_timezones() - {"localtime", "Factory", "posixrules"}
