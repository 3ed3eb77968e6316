"""When somebody looks again at what waits, where nobody says otherwise."""

from __future__ import annotations

from calendar import SATURDAY
from datetime import datetime, time, timedelta
from typing import Final

MORNING: Final = time(9)


def next_morning(now: datetime) -> datetime:
    """Nine o'clock of the next weekday, in the zone of `now`.

    >>> next_morning(datetime(2026, 12, 4, 16, 30)).isoformat()  # a Friday
    '2026-12-07T09:00:00'
    """
    day = now.date() + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, now.tzinfo)
