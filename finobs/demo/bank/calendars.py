"""Holidays and business days of the two entities' countries, for any year.

A library for it would be a dependency for two short tables.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

ONE_DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday (Gauss's algorithm as Butcher wrote it in 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(country: str, year: int) -> frozenset[date]:
    """Days on which banks of the country are closed besides weekends. Raises KeyError for other countries."""
    return frozenset({"US": _of_us, "DE": _of_de}[country](year))


def is_business_day(country: str, day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(country, day.year)


def on_or_after(country: str, day: date) -> date:
    """The first business day from `day` on: when standing orders and debits are executed."""
    while not is_business_day(country, day):
        day += ONE_DAY
    return day


def on_or_before(country: str, day: date) -> date:
    """The last business day up to `day`: when wages are paid."""
    while not is_business_day(country, day):
        day -= ONE_DAY
    return day


def month_end(day: date) -> date:
    """The last day of its month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY


def nth_weekday(year: int, month: int, weekday: int, number: int) -> date:
    """The third Monday of January: (year, 1, 0, 3)."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _of_us(year: int) -> set[date]:
    memorial = date(year, 5, 31)
    memorial -= timedelta(days=memorial.weekday())
    fixed = [date(year, *each) for each in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    # The Federal Reserve keeps the Monday after a Sunday, and nothing for a Saturday.
    observed = {each + ONE_DAY if each.weekday() == 6 else each for each in fixed}
    moving = ((1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4))
    return observed | {memorial} | {nth_weekday(year, *each) for each in moving}


def _of_de(year: int) -> set[date]:
    sunday = easter(year)
    moving = {sunday + timedelta(days=days) for days in (-2, 1, 39, 50)}
    return moving | {date(year, *each) for each in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}
