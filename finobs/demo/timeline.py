"""The demo's days: finobs is set up a week before the first payment; payments come in on the mornings since.

The clock is held at each of these moments, so that what came in, what was found and what people did bear them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from math import ceil
from typing import Final

from finobs.core import clock

from .bank import BankPlan
from .bank.plan import end_at
from .desk import LAST_HOURS, Desk
from .loading import FeedRow, Lot

# What was set up before the first payment, and at which hour of the day.
LEAD: Final = timedelta(days=7)
OPENING: Final = time(8, 0, tzinfo=UTC)
# Of the day after: it is over on both entities' clocks.
ARRIVAL_TIME: Final = time(5, 30, tzinfo=UTC)
# Each lot costs the same, whatever is in it: a long demo's payments, and a small one's, come in by several days.
MAX_LOTS: Final = 61
ROWS_A_LOT: Final = 100


def opening_before(first: date) -> datetime:
    """When the demo's bank was set up, whose first payments are of that day."""
    return datetime.combine(first - LEAD, OPENING)


def end_after(opening: datetime, days: int) -> date:
    """The day after the last of so many days of payments; today at the latest, where the day is youngest."""
    return min(opening.date() + LEAD + timedelta(days=days), end_at(clock.now()))


class DailyPace:
    """Payments come in on the morning after their days, few of which are taken together, and `desk` works until the
    next ones come."""

    def __init__(self, plan: BankPlan, desk: Desk) -> None:
        self.plan, self.desk, self.now, self.is_last = plan, desk, clock.now(), False
        # So that people have had some time since, at whatever hour the demo starts.
        self.latest = self.now - LAST_HOURS
        self.length = timedelta(days=max(ceil(plan.days / MAX_LOTS), ceil(ROWS_A_LOT * plan.days / plan.size)))

    def lots(self, rows: Iterator[FeedRow], stops: Sequence[int]) -> Iterator[Lot]:
        position = 0
        for number, group in groupby(rows, key=self._number):
            lot = list(group)
            position += len(lot)
            self.is_last = position == self.plan.size
            yield Lot(lot, self._morning(number), self.now if self.is_last else self._morning(number + 1))

    def _morning(self, number: int) -> datetime:
        """When a lot comes in. The last one has the days that are left, and comes the sooner for it."""
        last = min(self.plan.first + self.length * (number + 1), self.plan.end)
        return min(datetime.combine(last, ARRIVAL_TIME), self.latest)

    def work(self, lot: Lot) -> None:
        assert lot.at is not None
        assert lot.until is not None
        self.desk.work(lot.at, lot.until, is_last=self.is_last)

    def _number(self, each: FeedRow) -> int:
        day = date.fromisoformat(str(each[1].fields["occurred_at"])[:10])
        return (day - self.plan.first) // self.length
