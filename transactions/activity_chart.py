"""An account's last ninety days as a chart: what went in and out per day, and where the marked rows stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from finobs.core import money
from finobs.core.charts import ColumnLayout, Scale

from .choices import Direction

CHART_DAYS = 90
CHART_WIDTH, CHART_HEIGHT, CHART_MIDDLE = 720, 160, 80
# Room above the tallest bar.
MARK_HEIGHT = 12
DAY_COLUMNS = ColumnLayout(CHART_DAYS, CHART_WIDTH, digits=2)


@dataclass(slots=True)
class ChartDay:
    """One day: sums in minor units, and the bars that show them."""

    on: date
    out: int = 0
    into: int = 0
    count: int = 0
    marked: int = 0
    x: float = 0.0
    out_height: float = 0.0
    in_height: float = 0.0

    @property
    def in_y(self) -> float:
        return CHART_MIDDLE - self.in_height


@dataclass(slots=True)
class ActivityChart:
    """The days of one currency, with the sentence that says what they show."""

    currency: str
    days: list[ChartDay]
    finding: str
    largest: int
    width: int = CHART_WIDTH
    height: int = CHART_HEIGHT
    middle: int = CHART_MIDDLE
    bar: float = DAY_COLUMNS.bar(gap=DAY_COLUMNS.step * 0.3)
    busy: list[ChartDay] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DaySum:
    """What moved in one currency and direction on one day; total: in minor units."""

    currency: str
    direction: str
    on: date
    total: int
    count: int


def first_day(last: date) -> date:
    """Of the days that end with `last`."""
    return last - timedelta(days=CHART_DAYS - 1)


def start_of(day: date) -> datetime:
    """When a day begins in the time zone in which pages show times."""
    return timezone.make_aware(datetime.combine(day, time.min))


def activity_chart(
    sums: Collection[DaySum], last: date, marked: Mapping[tuple[str, date], int]
) -> ActivityChart | None:  # fmt: skip
    """The chart of the currency that moved most often in the days that end with `last`; None when nothing moved.
    marked: how many marked transactions there are of a currency on a day."""
    counts: Counter[str] = Counter()
    for each in sums:
        counts[each.currency] += each.count
    if not counts:
        return None
    currency = max(sorted(counts), key=lambda code: counts[code])
    dates = [first_day(last) + timedelta(days=number) for number in range(CHART_DAYS)]
    days = {
        on: ChartDay(on, x=DAY_COLUMNS.x(number), marked=marked.get((currency, on), 0))
        for number, on in enumerate(dates)
    }
    for each in sums:
        if each.currency == currency:
            _add(days[each.on], each)
    return _chart(currency, list(days.values()))


def _add(day: ChartDay, sum_of_day: DaySum) -> None:
    day.count += sum_of_day.count
    if sum_of_day.direction == Direction.IN:
        day.into += sum_of_day.total
    else:
        day.out += sum_of_day.total


def _chart(currency: str, days: list[ChartDay]) -> ActivityChart:
    largest = max((max(day.out, day.into) for day in days), default=0)
    height = Scale(0, largest, 0, CHART_MIDDLE - MARK_HEIGHT, digits=2)
    for day in days:
        day.out_height, day.in_height = height(day.out), height(day.into)
    busy = [day for day in days if day.count]
    return ActivityChart(currency, days, _finding(currency, busy), largest, busy=busy[::-1])


def _finding(currency: str, busy: list[ChartDay]) -> str:
    """What the chart shows, in one sentence."""
    if not busy:
        return f"Nothing moved in the last {CHART_DAYS} days"
    total = money.display(sum(day.out for day in busy), currency)
    top = max(busy, key=lambda day: max(day.out, day.into))
    peak = money.display(max(top.out, top.into), currency)
    return f"{total} went out on {len(busy)} of {CHART_DAYS} days; the largest day, {top.on:%-d %B}, moved {peak}"
