"""What customers said they would move in a month, when they became customers: what is usual for them, and some more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from transactions.choices import CustomerKind

from .counterparties import FOREIGN_SHOPS
from .parts import IN, OUT, BankAccount, BankCustomer
from .people import QUIET, minor
from .plan import BankPlan
from .trades import CATEGORIES_BOUGHT

DAYS_A_MONTH: Final = 31
# Of what somebody spends by card on average: people say more than they need.
SPENDING_ROOM: Final = 2.4
SLACK: Final = 1.15
# Of an income, so much may go on the card of an account: the rest of it has its uses.
SHARE_SPENT: Final = 0.35
SHARES_SPENT: Final = {QUIET: 0.12}
# Of an account beside the one that wages go to, people expect a part of their income.
SHARES_OF_INCOME: Final = {QUIET: 0.25}
# What goes out is so much of what comes in at least, and the other way round.
MIN_SHARE_OF_OTHER: Final = {CustomerKind.PERSON.value: 0.75, CustomerKind.ORGANISATION.value: 0.5}
USUAL: Final = sum(each.share * each.usual * math.exp(each.spread**2 / 2) for each in CATEGORIES_BOUGHT)


def spending_count(account: BankAccount, total_weight: float, spending: int, days: int) -> float:
    """How many card payments of an account are to be expected in a month."""
    return spending * account.habits.weight / total_weight * DAYS_A_MONTH / days if total_weight else 0.0


def spending_budget(account: BankAccount, count: float) -> int:
    """What an account may spend by card in a month, in minor units."""
    budget = round(count * USUAL * account.habits.level * SPENDING_ROOM * 100) + round(6_000 * account.habits.level)
    holder = account.holder
    if not holder.income:
        return budget
    return min(budget, minor(holder.income * SHARES_SPENT.get(holder.archetype, SHARE_SPENT), holder.entity))


def set_expected_activity(accounts: Sequence[BankAccount], spending: int, plan: BankPlan) -> None:
    """Write it into the profile of each holder, for all of their accounts together, unless a story says it."""
    total = sum(each.habits.weight for each in accounts)
    sums: dict[str, tuple[BankCustomer, dict[str, Any]]] = {}
    for account in accounts:
        start = {"in": 0.0, "out": 0.0, "count": 0.0, "countries": {account.entity.country}, "methods": set()}
        _, expected = sums.setdefault(account.holder.external_id, (account.holder, start))
        _add(expected, account, spending_count(account, total, spending, plan.days))
    for customer, expected in sums.values():
        usual = [
            {
                "currency": customer.entity.currency, **_amounts(customer, expected),
                "count": math.ceil(expected["count"]), "countries": sorted(expected["countries"]),
                "methods": sorted(expected["methods"]),
            }
        ]  # fmt: skip
        customer.profile.setdefault("expected_activity", usual)
    for account in accounts:
        for customer, role in account.parties:
            if role == "joint_holder":
                customer.profile.setdefault("expected_activity", account.holder.profile["expected_activity"])


def _amounts(customer: BankCustomer, expected: dict[str, Any]) -> dict[str, str]:
    """In and out are of one order, and at least what the customer's income lets the bank expect."""
    share = SHARES_OF_INCOME.get(customer.archetype, 1.0)
    into = max(expected["in"], minor(customer.income * share, customer.entity) if customer.income else 0)
    min_share = MIN_SHARE_OF_OTHER[customer.kind]
    out = max(expected["out"], into * min_share)
    into = max(into, out * min_share)
    return {"amount_in": str(_rounded(into)), "amount_out": str(_rounded(out))}


def _add(expected: dict[str, Any], account: BankAccount, count: float) -> None:
    for each in account.habits.regular:
        mondays = 5 if 0 in each.recurrence.weekdays else 0
        most = each.minor * (each.recurrence.most - mondays) + each.minor * each.monday * mondays
        expected["in" if each.direction == IN else "out"] += most
        expected["count"] += each.recurrence.most
        # A transfer, or a debit, is its own method.
        expected["methods"].add(each.method or each.channel)
        if each.direction == OUT:
            expected["countries"].add(each.other.country)
    if account.habits.weight:
        expected["out"] += spending_budget(account, count)
        expected["count"] += count + 4.5 * math.sqrt(count) + 4
        expected["methods"] |= {"card", "cash"}
        expected["countries"] |= set(FOREIGN_SHOPS)


def _rounded(minor: float) -> int:
    """Whole units of the currency as people say them: 3,400 or 48,000."""
    units = minor / 100 * SLACK
    step = 100 if units < 10_000 else 1_000
    return max(step, math.ceil(units / step) * step)
