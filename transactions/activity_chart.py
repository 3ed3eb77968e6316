"""An account's last ninety days as a chart: what went in and out per day, and where the marked rows stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from finobs.core import money
from finobs.core.charts import ColumnLayout, Scale

from .choices import Direction
from .models import Transaction

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


def activity_chart(rows: Iterable[Transaction], until: datetime, marks: Collection[int] = ()) -> ActivityChart | None:
    """The chart of the currency that moved most often; None when nothing moved."""
    by_currency: dict[str, list[Transaction]] = defaultdict(list)
    for row in rows:
        by_currency[row.currency].append(row)
    if not by_currency:
        return None
    currency = max(by_currency, key=lambda code: len(by_currency[code]))
    first = until.date() - timedelta(days=CHART_DAYS - 1)
    dates = [first + timedelta(days=number) for number in range(CHART_DAYS)]
    days = {on: ChartDay(on, x=DAY_COLUMNS.x(number)) for number, on in enumerate(dates)}
    for row in by_currency[currency]:
        if day := days.get(row.occurred_at.date()):
            _add(day, row, row.pk in marks)
    return _chart(currency, list(days.values()))


def _add(day: ChartDay, row: Transaction, marked: bool) -> None:
    day.count += 1
    day.marked += marked
    if row.direction == Direction.IN:
        day.into += row.amount_minor
    else:
        day.out += row.amount_minor


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
