"""Organisations: what they are, who owns them, and what is usual at their accounts."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from transactions.choices import CustomerKind

from .counterparties import FOREIGN_SHOPS, Neighbourhood
from .entities import Entity
from .parts import IN, OUT, BankCustomer, Habits, Regular
from .people import MANAGERS, address, minor
from .recurrences import monthly, paydays, weekly
from .trades import EPITHETS, HOLDING, LEGAL_FORMS, TRADES, Trade

WEEKDAYS: Final = (0, 1, 2, 3, 4)
# What a small business takes and pays stays below what is reported; a few are larger.
MAX_USUAL_DOLLARS: Final = 7_600


def make_organisation(
    rng: Random, entity: Entity, external_id: str, today: date, trade: Trade | None = None, name: str = ""
) -> BankCustomer:  # fmt: skip
    """Of a line of business; without one it holds shares in others."""
    founded = today - timedelta(days=rng.randrange(500, 30 * 365))
    onboarded = founded + timedelta(days=rng.randrange(10, max(11, (today - founded).days - 300)))
    name = name or f"{rng.choice(EPITHETS)} {trade.noun if trade else 'Holding'}"
    form = rng.choice(LEGAL_FORMS[entity.country])
    profile: dict[str, Any] = {
        "name": f"{name} {form}",
        "date_of_incorporation": founded.isoformat(),
        "country_of_incorporation": entity.country,
        "addresses": [address(rng, entity, "registered")],
        "identifiers": [
            {"type": "synthetic register", "number": f"SYN-HR{rng.randrange(10**6):06d}", "country": entity.country}
        ],
        "segment": "SME" if trade else "Corporate",
        "industry": trade.code if trade else HOLDING,
        "onboarded_on": onboarded.isoformat(),
        "relationship_manager": rng.choice(MANAGERS[entity.code]),
    }
    if rng.random() < 0.25:
        profile["aliases"] = [{"name": name, "type": "trading_name", "script": "Latn"}]
    is_cash = bool(trade and trade.cash)
    rating, reason = ("medium", "Takes cash; takings fit its trade.") if is_cash else ("low", "Owners identified.")
    if trade is None:
        rating, reason = "medium", "Holds shares; owners followed to natural persons."
    since = onboarded + timedelta(days=rng.randrange(0, 90))
    profile |= {"risk_rating": rating, "risk_reason": reason, "risk_since": since.isoformat()}
    return BankCustomer(external_id, entity, CustomerKind.ORGANISATION.value, profile, trade.code if trade else HOLDING)


def business_habits(rng: Random, customer: BankCustomer, hood: Neighbourhood, branch: str, is_daily: bool) -> Habits:
    """Takings, invoices, suppliers, wages, rent and tax. is_daily: card takings are settled each day, not each week."""
    entity, size = customer.entity, rng.lognormvariate(0.0, 0.25)
    trade = next((each for each in TRADES if each.code == customer.archetype), None)
    if trade is None:
        return Habits(regular=[_rent(rng, entity, hood, 300), _tax(rng, entity, hood, 500)])
    turnover = (trade.takings * 24 + trade.cash * 4.3 + trade.invoices) * size
    regular = [
        *_takings(rng, entity, hood, trade, size, is_daily), *_cash(rng, entity, hood, trade, size, branch),
        *_invoices(rng, entity, hood, trade.invoices * size), *_suppliers(rng, entity, hood, trade, turnover * 0.34),
        *_wages(rng, entity, hood, turnover * 0.28), _rent(rng, entity, hood, turnover * 0.07),
        _tax(rng, entity, hood, turnover * 0.09),
    ]  # fmt: skip
    return Habits(regular=regular)


def _capped(dollars: float, entity: Entity, step: int = 1) -> int:
    return minor(min(dollars, MAX_USUAL_DOLLARS), entity, step)


def _takings(
    rng: Random, entity: Entity, hood: Neighbourhood, trade: Trade, size: float, is_daily: bool
) -> list[Regular]:  # fmt: skip
    if not trade.takings:
        return []
    amount = trade.takings * size * 1.3 * (1 if is_daily else 6)
    when = weekly(*WEEKDAYS) if is_daily else weekly(rng.choice((1, 2, 3)))
    return [
        Regular(when, hood.acquirer, _capped(amount, entity), IN, memo="Card takings", jitter=0.3, hour=4.0,
                monday=1.0 + trade.weekend if is_daily else 1.0)
    ]  # fmt: skip


def _cash(
    rng: Random, entity: Entity, hood: Neighbourhood, trade: Trade, size: float, branch: str
) -> list[Regular]:  # fmt: skip
    if not trade.cash:
        return []
    amount = _capped(trade.cash * size * 1.25, entity, 500)
    when = weekly(rng.choice((0, 0, 1)))
    return [
        Regular(when, hood.desks[branch], amount, IN, "cash", "cash", "Cash takings", jitter=0.3, step=500, hour=10.5)
    ]


def _invoices(rng: Random, entity: Entity, hood: Neighbourhood, total: float) -> list[Regular]:
    number = min(6, max(1, round(total / 3_500))) if total else 0
    return [
        Regular(monthly(rng.randrange(2, 24)), rng.choice(hood.buyers), _capped(total / number, entity, 100), IN,
                memo=f"Invoice {rng.randrange(100, 999)}", jitter=0.5, step=25, hour=rng.uniform(8, 15))
        for _ in range(number)
    ]  # fmt: skip


def _suppliers(rng: Random, entity: Entity, hood: Neighbourhood, trade: Trade, total: float) -> list[Regular]:
    result = []
    for _ in range(trade.suppliers):
        other = rng.choice(hood.suppliers)
        channel, method, last = ("wire", "wire", 13) if other.country in FOREIGN_SHOPS else ("transfer", "", 16)
        result.append(
            Regular(monthly(rng.randrange(2, 24)), other, _capped(total / trade.suppliers, entity), OUT, channel,
                    method, f"Inv. {rng.randrange(1000, 9999)}", jitter=0.35, hour=rng.uniform(9, last))
        )  # fmt: skip
    return result


def _wages(rng: Random, entity: Entity, hood: Neighbourhood, total: float) -> list[Regular]:
    number = min(5, max(1, round(total / 2_300)))
    day = rng.choice((28, 31))
    return [
        Regular(paydays(day), rng.choice(hood.elsewhere), _capped(total / number * rng.uniform(0.8, 1.1), entity), OUT,
                memo="Wages", hour=5.5)
        for _ in range(number)
    ]  # fmt: skip


def _rent(rng: Random, entity: Entity, hood: Neighbourhood, dollars: float) -> Regular:
    amount = _capped(max(250, dollars), entity, 1000)
    return Regular(monthly(1), rng.choice(hood.landlords), amount, OUT, memo="Premises", hour=6.5)


def _tax(rng: Random, entity: Entity, hood: Neighbourhood, dollars: float) -> Regular:
    return Regular(monthly(10), hood.tax, _capped(dollars, entity), OUT, memo="Tax prepayment", jitter=0.2, hour=11.0)
