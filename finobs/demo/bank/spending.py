"""Card payments and cash machines: who, where, when and how much, by everybody's own habits."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .calendars import holidays
from .expectations import spending_budget, spending_count
from .parts import OUT, Movement
from .trades import CASH_CATEGORY, CATEGORIES_BOUGHT
from .world import World

Numbers = NDArray[np.float64]
# From Monday to Sunday; and what a holiday is of it, and the four weeks before Christmas.
WEEK: Final = (0.95, 0.92, 0.95, 1.0, 1.2, 1.35, 0.7)
HOLIDAY, ADVENT = 0.6, 1.2
ELSEWHERE: Final = 0.08
# Where shops are closed on Sundays and holidays. Petrol, meals, tickets and what is bought online are not.
SHOPS_CLOSED: Final = ("DE",)
MIN_MINOR: Final = 110


class Spending:
    """The card payments of a world, day by day: their number is settled beforehand, so that the plan's size holds."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, np.random.default_rng(world.plan.seed)
        self.accounts = [each for each in world.accounts if each.habits.weight > 0]
        weights = np.array([each.habits.weight for each in self.accounts])
        weekend = np.array([each.habits.weekend for each in self.accounts])
        self.weights = {False: _shares(weights), True: _shares(weights * weekend)}
        self.open_on_sundays = {
            code: [each for each in hood.merchants if not CATEGORIES_BOUGHT[each.category].is_shop]
            for code, hood in world.hoods.items()
        }
        total = float(weights.sum())
        self.budgets = [
            spending_budget(each, spending_count(each, total, world.spending, world.plan.days))
            for each in self.accounts
        ]
        self.spent, self.month = [0] * len(self.accounts), 0
        days = [world.plan.first + timedelta(days=number) for number in range(world.plan.days)]
        self.counts = self.rng.multinomial(world.spending, _shares(np.array([_busyness(day) for day in days])))

    def of_day(self, number: int, day: date) -> list[Movement]:
        """Of the so-manieth day of the plan."""
        if day.month != self.month:
            self.spent, self.month = [0] * len(self.accounts), day.month
        count = int(self.counts[number])
        if not count:
            return []
        rng = self.rng
        who = rng.choice(len(self.accounts), count, p=self.weights[day.weekday() >= 5]).tolist()
        ranks = (rng.geometric(0.28, count) - 1).tolist()
        draws, normal, hours = (
            rng.random((count, 3)).tolist(),
            rng.normal(size=count).tolist(),
            rng.normal(size=count).tolist(),
        )
        closed = {code for code in SHOPS_CLOSED if day.weekday() == 6 or day in holidays(code, day.year)}
        return [self.movement(closed, *row) for row in zip(who, ranks, draws, normal, hours, strict=True)]

    def movement(
        self, closed: set[str], who: int, rank: int, draws: list[float], normal: float, hour: float
    ) -> Movement:  # fmt: skip
        """closed: countries whose shops are closed on its day."""
        account = self.accounts[who]
        habits, merchants = account.habits, self.world.hoods[account.entity.code].merchants
        if draws[0] < ELSEWHERE:
            merchant = merchants[int(draws[1] * len(merchants))]
        else:
            merchant = merchants[habits.favourites[min(rank, len(habits.favourites) - 1)]]
        if account.entity.country in closed and CATEGORIES_BOUGHT[merchant.category].is_shop:
            open_ones = self.open_on_sundays[account.entity.code]
            merchant = open_ones[int(draws[1] * len(open_ones))]
        kind = CATEGORIES_BOUGHT[merchant.category]
        at = kind.hour + habits.hour + hour * 2.6
        if not kind.opens <= at < kind.closes:
            at = kind.opens + draws[2] * (kind.closes - kind.opens)
        minor = priced(kind.usual * habits.level * np.exp(normal * kind.spread) * 100, kind.ending, draws[2])
        left = self.budgets[who] - self.spent[who]
        if minor > left:
            # Nothing is left of the month's money: a coffee, not a coat.
            minor = MIN_MINOR + int(draws[2] * 240) if merchant.category != CASH_CATEGORY else 1_000
        self.spent[who] += minor
        is_cash = merchant.category == CASH_CATEGORY
        return Movement(
            int(at * 3600), account, merchant, minor, OUT, kind.channel,
            "cash" if is_cash else "card", country=merchant.country, attributes={"mcc": kind.mcc},
        )  # fmt: skip


def priced(minor: float, ending: str, draw: float) -> int:
    """An amount that looks like a price. ending: notes (of a machine), halves, retail (.99, .95, .49), or cents.

    >>> priced(4_312.0, "retail", 0.1), priced(4_312.0, "notes", 0.1), priced(433.0, "halves", 0.9)
    (4299, 4000, 450)
    """
    if ending == "notes":
        return int(max(2_000, round(minor / 2_000) * 2_000))
    if ending == "halves":
        return int(max(150, round(minor / 50) * 50))
    if ending == "retail":
        return int(max(199, minor // 100 * 100 - (1 if draw < 0.6 else 5 if draw < 0.8 else 51)))
    return int(max(MIN_MINOR, minor))


def _busyness(day: date) -> float:
    is_off = any(day in holidays(country, day.year) for country in ("US", "DE"))
    return WEEK[day.weekday()] * (HOLIDAY if is_off else 1.0) * (ADVENT if day.month == 12 and day.day < 24 else 1.0)


def _shares(weights: Any) -> Numbers:
    shares: Numbers = weights / weights.sum() if weights.sum() else weights
    return shares
