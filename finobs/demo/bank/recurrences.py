"""When something comes again: on a day of the month, or on days of the week, moved to when banks are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .calendars import is_business_day, month_end, on_or_after, on_or_before

MAX_WEEKS_A_MONTH = 5


@dataclass(frozen=True, slots=True)
class Recurrence:
    """days: of the month; 31 is its last. weekdays: where it is weekly, 0 is Monday. is_early: paid before a weekend,
    as wages are, not after it. months: only in these."""

    days: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    is_early: bool = False
    months: tuple[int, ...] = ()

    def dates(self, country: str, month: date) -> list[date]:
        """Those of the month whose first day is `month`."""
        if self.months and month.month not in self.months:
            return []
        last = month_end(month)
        if self.weekdays:
            every = (month + timedelta(days=number) for number in range(last.day))
            return [day for day in every if day.weekday() in self.weekdays and is_business_day(country, day)]
        moved = on_or_before if self.is_early else on_or_after
        return [moved(country, month.replace(day=min(day, last.day))) for day in self.days]

    @property
    def most(self) -> int:
        """How often at most in a month."""
        return len(self.days) or MAX_WEEKS_A_MONTH * len(self.weekdays)


def monthly(*days: int, months: tuple[int, ...] = ()) -> Recurrence:
    """On these days, or the next business day: standing orders and debits. A day is at most the 24th, so that none
    comes in another month."""
    return Recurrence(days=days, months=months)


def paydays(*days: int) -> Recurrence:
    """On these days, or the business day before. From the 15th on, so that none comes in another month."""
    return Recurrence(days=days, is_early=True)


def weekly(*weekdays: int) -> Recurrence:
    """On these days of the week, where banks are open."""
    return Recurrence(weekdays=weekdays)
