"""What is made: the same plan gives the same bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .entities import ENTITIES

NAME_BEGINNING: Final = "bank size="


@dataclass(frozen=True, slots=True)
class BankPlan:
    """size: payments of both entities. customers: about how many of both. end: the day after the last one."""

    size: int
    customers: int
    days: int
    seed: int
    end: date

    @property
    def first(self) -> date:
        return self.end - timedelta(days=self.days)

    @property
    def name(self) -> str:
        """What the batches are called, so that every start goes on with the plan of the first one.

        >>> BankPlan(10, 20, 30, 4, date(2026, 2, 3)).name
        'bank size=10 customers=20 days=30 seed=4 end=2026-02-03'
        """
        return (
            f"{NAME_BEGINNING}{self.size} customers={self.customers} days={self.days} seed={self.seed} end={self.end}"
        )

    @classmethod
    def of_name(cls, name: str) -> BankPlan:
        """The plan that batches are called after."""
        fields = dict(part.split("=") for part in name.split()[1:])
        numbers = {key: int(fields[key]) for key in ("size", "customers", "days", "seed")}
        return cls(**numbers, end=date.fromisoformat(fields["end"]))


def end_at(moment: datetime) -> date:
    """The end of a plan that is made at an aware moment: today where the day is youngest, so that every day of the plan
    is over wherever an entity is.

    >>> from datetime import UTC
    >>> end_at(datetime(2026, 12, 1, 3, 0, tzinfo=UTC))
    datetime.date(2026, 11, 30)
    """
    return min(moment.astimezone(ZoneInfo(each.time_zone)).date() for each in ENTITIES)
