"""Payments by the calendar: wages, rent, bills, takings, invoices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

from .parts import BankAccount, Movement, Regular
from .plan import BankPlan

# Seconds from a payment's usual hour within which it comes: what a machine executes, and what people bring or order.
BATCH_WINDOW: Final = 5_400
CHANNEL_WINDOWS: Final = {"cash": 18_000, "wire": 10_800}


def months_of(plan: BankPlan) -> Iterator[date]:
    """The first day of each month that the plan touches."""
    month = plan.first.replace(day=1)
    while month < plan.end:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def regular_count(accounts: Sequence[BankAccount], plan: BankPlan) -> int:
    """How many payments the calendar asks for."""
    months = list(months_of(plan))
    counts: dict[tuple[str, object], int] = {}
    total = 0
    for account in accounts:
        for each in account.habits.regular:
            key = (account.entity.country, each.recurrence)
            if key not in counts:
                counts[key] = sum(
                    plan.first <= day < plan.end
                    for month in months
                    for day in each.recurrence.dates(account.entity.country, month)
                )
            total += counts[key]
    return total


def regular_movements(
    accounts: Sequence[BankAccount], plan: BankPlan, month: date
) -> Iterator[tuple[date, Movement]]:  # fmt: skip
    """Those of one month, with their days. The same account and month give the same amounts."""
    for account in accounts:
        if not account.habits.regular:
            continue
        rng = Random(f"{plan.seed} {account.index} {month}")
        for each in account.habits.regular:
            for day in each.recurrence.dates(account.entity.country, month):
                if plan.first <= day < plan.end:
                    yield day, _movement(rng, account, each, day)


def _movement(rng: Random, account: BankAccount, each: Regular, day: date) -> Movement:
    amount = most_of(each, day)
    if each.jitter:
        amount = max(each.step, round(amount * (1 - rng.random() * each.jitter) / each.step) * each.step)
    second = int(each.hour * 3600) + rng.randrange(CHANNEL_WINDOWS.get(each.channel, BATCH_WINDOW))
    attributes = {"branch": account.branch} if each.method == "cash" else None
    return Movement(
        second, account, each.other, amount, each.direction, each.channel, each.method, each.memo,
        attributes=attributes,
    )  # fmt: skip


def most_of(each: Regular, day: date) -> int:
    """The most that it can be on a day, in minor units."""
    return round(each.minor * each.monday) if day.weekday() == 0 else each.minor
