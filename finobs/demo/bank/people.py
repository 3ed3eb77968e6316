"""Persons: who they are, and what is usual at their accounts."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from transactions.choices import CustomerKind

from .counterparties import Neighbourhood
from .entities import Entity
from .names import culture_of, full_name
from .parts import IN, OUT, BankCustomer, Habits, Regular
from .recurrences import monthly, paydays
from .trades import CATEGORIES_BOUGHT, OCCUPATIONS, RETIRED, STUDENT

EMPLOYED, RETIREE, STUDYING, QUIET = "employed", "retired", "student", "quiet"
MANAGERS: Final = {
    "northwind": ("Team Retail Northwind", "J. Ashdown (synthetic)", "M. Everett (synthetic)"),
    "southgate": ("Team Privatkunden Südtor", "K. Lindenau (synthetic)", "B. Ostermann (synthetic)"),
}  # fmt: skip
FAVOURITE_SHOPS: Final = 7
POLITICAL: Final = ("Member of a regional parliament", "Deputy minister abroad, until last year", "Mayor's sister")


def make_person(
    rng: Random, entity: Entity, external_id: str, archetype: str, today: date, family: BankCustomer | None = None
) -> BankCustomer:  # fmt: skip
    """family: with whom they live, whose address they share."""
    low, high = {STUDYING: (18, 26), RETIREE: (66, 88)}.get(archetype, (23, 64))
    born = today - timedelta(days=rng.randrange(low * 365, high * 365 + 364))
    culture = culture_of(rng, entity.country)
    # Nobody opened an account before they were 16, and none after the payments begin.
    latest, earliest = (today - born).days - 16 * 365, 260
    onboarded = today - timedelta(days=rng.randrange(earliest, max(earliest + 1, min(latest, 22 * 365))))
    profile: dict[str, Any] = full_name(rng, culture) | {
        "date_of_birth": born.isoformat(),
        "country_of_residence": entity.country,
        "nationalities": sorted({culture.country if rng.random() < 0.7 else entity.country}),
        "addresses": family.profile["addresses"] if family else [address(rng, entity, "residence")],
        "identifiers": [identity_card(rng, culture.country, today)],
        "segment": "Student" if archetype == STUDYING else "Retail",
        "occupation": {STUDYING: STUDENT, RETIREE: RETIRED}.get(archetype) or rng.choice(OCCUPATIONS).code,
        "onboarded_on": onboarded.isoformat(),
        "relationship_manager": rng.choice(MANAGERS[entity.code]),
    }
    _rate(rng, profile, onboarded)
    return BankCustomer(external_id, entity, CustomerKind.PERSON.value, profile, archetype)


def address(rng: Random, entity: Entity, kind: str) -> dict[str, str]:
    town, code = rng.choice(entity.towns)
    street, number = rng.choice(entity.streets), rng.randrange(1, 240)
    line = f"{number} {street}" if entity.country == "US" else f"{street} {number}"
    return {"line": line, "city": town, "postal_code": code, "country": entity.country, "type": kind}


def identity_card(rng: Random, country: str, today: date) -> dict[str, str]:
    until = today + timedelta(days=rng.randrange(-40, 9 * 365))
    number = f"SYN{rng.randrange(10**8):08d}"
    return {"type": "synthetic passport", "number": number, "country": country, "valid_until": until.isoformat()}


def _rate(rng: Random, profile: dict[str, Any], onboarded: date) -> None:
    chance = rng.random()
    rating, reason = "low", "Simple products, income explained, no ties abroad."
    if chance < 0.006:
        profile["is_pep"] = True
        profile["occupation"] = "1111 Legislator"
        rating, reason = "high", f"Politically exposed: {rng.choice(POLITICAL)}."
    elif chance < 0.03:
        rating, reason = "high", "Transfers to countries with strategic deficiencies; source of funds documented."
    elif chance < 0.15:
        rating, reason = (
            "medium",
            rng.choice(
                ("Cash income beside wages.", "Onboarded by video only.", "Relatives abroad who are supported.")
            ),
        )
    since = onboarded + timedelta(days=rng.randrange(0, 200))
    profile |= {"risk_rating": rating, "risk_reason": reason, "risk_since": since.isoformat()}


def person_habits(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> Habits:
    """What is usual at the account that this person lives from, or hardly uses."""
    entity = customer.entity
    habits = Habits(
        weight=rng.gammavariate(3.0, 1 / 3.0), level=entity.weight * rng.lognormvariate(0.0, 0.3),
        weekend=rng.uniform(0.6, 1.7), hour=rng.gauss(0.0, 1.5), favourites=favourites(rng, hood),
    )  # fmt: skip
    makers = {EMPLOYED: _employed, RETIREE: _retired, STUDYING: _studying, QUIET: _quiet}
    habits.regular = makers[customer.archetype](rng, customer, hood)
    if customer.archetype == QUIET:
        habits.weight *= 0.12
    return habits


def favourites(rng: Random, hood: Neighbourhood) -> list[int]:
    """Merchants, the dearest first: of each kind the purchases that are made most often."""
    by_category: dict[int, list[int]] = {}
    for number, merchant in enumerate(hood.merchants):
        by_category.setdefault(merchant.category, []).append(number)
    shares = [each.share if number in by_category else 0.0 for number, each in enumerate(CATEGORIES_BOUGHT)]
    # Food first: everybody buys it most.
    categories = [0, *rng.choices(range(len(shares)), shares, k=FAVOURITE_SHOPS - 1)]
    return [rng.choice(by_category[each]) for each in categories]


def minor(dollars: float, entity: Entity, step: int = 1) -> int:
    """Minor units in the entity's currency of so many dollars, rounded to `step` of them."""
    return max(step, round(dollars * entity.weight * 100 / step) * step)


def _pay(customer: BankCustomer) -> tuple[int, int]:
    occupation = next((each for each in OCCUPATIONS if each.code == customer.profile["occupation"]), None)
    return (occupation.low, occupation.high) if occupation else (5200, 8200)


def _employed(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    entity = customer.entity
    pay = rng.uniform(*_pay(customer))
    employer, hour = rng.choice(hood.employers), rng.uniform(5.0, 7.0)
    is_twice = entity.country == "US" and rng.random() < 0.45
    when = paydays(15, 31) if is_twice else paydays(rng.choice((25, 28, 31, 31)))
    wages = Regular(when, employer, minor(pay / (2 if is_twice else 1), entity), IN, memo="Salary", hour=hour)
    return [wages, *_household_bills(rng, entity, hood, pay), *_family(rng, entity, hood, pay)]


def _retired(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    entity, pension = customer.entity, rng.uniform(1300, 2700)
    income = Regular(paydays(28 if entity.country == "US" else 31), hood.pensions, minor(pension, entity), IN,
                     memo="Pension", hour=4.5)  # fmt: skip
    return [income, *_household_bills(rng, entity, hood, pension)]


def _studying(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    entity, allowance = customer.entity, rng.uniform(650, 1150)
    parents = rng.choice(hood.elsewhere)
    return [
        Regular(monthly(1), parents, minor(allowance, entity, 1000), IN, memo="Allowance", hour=8.0),
        Regular(monthly(3), rng.choice(hood.landlords), minor(allowance * 0.45, entity, 500), OUT, memo="Room"),
        _bill(rng, entity, rng.choice(hood.telecoms), 12, 25, "Mobile"),
    ]


def _quiet(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    """An account beside the one somebody lives from: topped up now and then."""
    if rng.random() < 0.45:
        return []
    months = rng.choice(((), (1, 3, 5, 7, 9, 11), (2, 4, 6, 8, 10, 12)))
    topup = minor(rng.choice((50, 75, 100, 150, 200, 250)), customer.entity, 500)
    return [Regular(monthly(rng.randrange(2, 20), months=months), rng.choice(hood.elsewhere), topup, IN,
                    memo="Own transfer")]  # fmt: skip


def _household_bills(rng: Random, entity: Entity, hood: Neighbourhood, income: float) -> list[Regular]:
    rent = minor(income * rng.uniform(0.22, 0.33), entity, 500)
    bills = [
        Regular(monthly(1), rng.choice(hood.landlords), rent, OUT, memo="Rent", hour=6.0),
        _bill(rng, entity, rng.choice(hood.utilities), 45, 140, "Energy", 0.15),
        _bill(rng, entity, rng.choice(hood.telecoms), 18, 65, "Mobile and internet"),
    ]
    if rng.random() < 0.45:
        bills.append(_bill(rng, entity, rng.choice(hood.insurers), 25, 120, "Insurance"))
    return bills


def _bill(rng: Random, entity: Entity, other: Any, low: int, high: int, memo: str, jitter: float = 0.0) -> Regular:
    # Prices of contracts end as prices do; what is metered does not.
    amount = minor(rng.uniform(low, high), entity, 1 if jitter else 100) - (0 if jitter else 1)
    return Regular(
        monthly(rng.randrange(2, 24)), other, amount, OUT, "direct_debit", memo=memo, jitter=jitter, hour=7.0
    )


def _family(rng: Random, entity: Entity, hood: Neighbourhood, pay: float) -> list[Regular]:
    if rng.random() > 0.08:
        return []
    amount = minor(pay * rng.uniform(0.04, 0.10), entity, 1000)
    return [Regular(monthly(rng.randrange(2, 10)), rng.choice(hood.families), amount, OUT, "wire", "wire",
                    memo="Family support", hour=19.0)]  # fmt: skip
