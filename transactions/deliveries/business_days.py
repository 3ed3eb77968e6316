"""Which days have a delivery, when it is due, and for which day a file is. Pure functions of a schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..models import DeliverySchedule

DATE_MARK: Final = "{date}"
_DATE: Final = r"(\d{4}-\d{2}-\d{2}|\d{8})"


def business_dates(schedule: DeliverySchedule, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last` for which something is expected."""
    holidays = set(schedule.holidays)
    day = max(first, schedule.starts_on)
    while day <= last:
        if day.weekday() in schedule.weekdays and day.isoformat() not in holidays:
            yield day
        day += timedelta(days=1)


def due_at(schedule: DeliverySchedule, business_date: date) -> datetime:
    """The cut-off, in UTC. A time that the clock skips that day is read as if it had not been moved."""
    local = datetime.combine(business_date + timedelta(days=schedule.due_days), schedule.due_time)
    return local.replace(tzinfo=ZoneInfo(schedule.source.time_zone)).astimezone(UTC)


def date_of_file(pattern: str, file_name: str) -> date | None:
    """The business date in the name of a file; None where the name is not of this pattern, or says no day."""
    parts = re.split(r"(\{date\}|\*)", pattern)
    if DATE_MARK not in parts:
        return None
    wildcards = {DATE_MARK: _DATE, "*": ".*"}
    match = re.fullmatch("".join(wildcards.get(part, re.escape(part)) for part in parts), file_name, re.IGNORECASE)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
