"""Moments of a working day, and the acts that fall on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from finobs.core import clock

from ..bank.calendars import ONE_DAY, is_business_day
from ..bank.entities import Entity

# The hour at which the day before is over, and how long nobody works from then.
DAWN: Final = time(5)
NIGHT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    act: Callable[[], object]


@dataclass(slots=True)
class Shift:
    """One day of work, of both entities. start, end: what lies before or after is of another day."""

    day: date
    start: datetime
    end: datetime
    steps: list[Step] = field(default_factory=list)

    def is_open(self, entity: Entity) -> bool:
        return is_business_day(entity.country, self.day)

    def moment(self, entity: Entity, hour: float) -> datetime:
        """That hour on the entity's clock."""
        minutes = timedelta(seconds=round(hour * 3600))
        return datetime.combine(self.day, time(), ZoneInfo(entity.time_zone)) + minutes

    def plan(self, at: datetime, act: Callable[[], object]) -> None:
        self.steps.append(Step(at, act))

    def run(self) -> None:
        """Each act at its moment, in the order of time. What the day has no time for is left to the next."""
        for step in sorted(self.steps, key=lambda each: each.at):
            if self.start <= step.at <= self.end:
                with clock.at(step.at):
                    step.act()


def shifts(start: datetime, end: datetime) -> Iterator[Shift]:
    """The days between two moments."""
    day = start.date()
    while day <= end.date():
        dawn = datetime.combine(day, DAWN, start.tzinfo)
        shift = Shift(day, max(start, dawn), min(end, dawn + ONE_DAY))
        if shift.end - dawn > NIGHT:
            yield shift
        day += ONE_DAY
