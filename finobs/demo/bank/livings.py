"""What persons live from, and what is usual at their accounts."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from .counterparties import Neighbourhood, home_bank
from .entities import Entity
from .names import culture_of, full_name, latin_of
from .parts import IN, OUT, BankCustomer, Habits, OtherSide, Regular
from .people import EMPLOYED, QUIET, RETIREE, STUDYING, minor
from .recurrences import monthly, paydays
from .trades import CATEGORIES_BOUGHT

FAVOURITE_SHOPS: Final = 7
# Who lives in their own home, and how many of these still pay for it.
OWNERS: Final = {EMPLOYED: 0.34, RETIREE: 0.5}
PAYING_OWNERS: Final = {EMPLOYED: 0.85, RETIREE: 0.15}
# Whose purchases are mostly on a credit card, which is paid once a month.
CREDIT_CARDS: Final = {"US": 0.7, "DE": 0.3}


def person_habits(rng: Random, customer: BankCustomer, hood: Neighbourhood, *, is_tenant: bool = True) -> Habits:
    """What is usual at the account that this person lives from, or hardly uses. is_tenant: False for whoever certainly
    lives in their own home, and owes nothing for it."""
    entity = customer.entity
    habits = Habits(
        weight=rng.gammavariate(3.0, 1 / 3.0), level=entity.weight * rng.lognormvariate(0.0, 0.3),
        weekend=rng.uniform(0.6, 1.7), hour=rng.gauss(0.0, 1.5), favourites=favourites(rng, hood),
    )  # fmt: skip
    makers = {EMPLOYED: _employed, RETIREE: _retired, STUDYING: _studying, QUIET: _quiet}
    habits.regular = [*makers[customer.archetype](rng, customer, hood), *_family(rng, customer, hood)]
    if customer.archetype in OWNERS:
        home = _home(rng, customer, hood)
        habits.regular += home if is_tenant else []
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


def _employed(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    entity, pay = customer.entity, customer.income
    employer, hour = rng.choice(hood.employers), rng.uniform(5.0, 7.0)
    is_twice = entity.country == "US" and rng.random() < 0.45
    when = paydays(15, 31) if is_twice else paydays(rng.choice((25, 28, 31, 31)))
    wages = Regular(when, employer, minor(pay / (2 if is_twice else 1), entity), IN, memo="Salary", hour=hour)
    return [wages, *_household_bills(rng, entity, hood, pay)]


def _retired(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    entity, pension = customer.entity, customer.income
    income = Regular(paydays(28 if entity.country == "US" else 31), hood.pensions, minor(pension, entity), IN,
                     memo="Pension", hour=4.5)  # fmt: skip
    return [income, *_household_bills(rng, entity, hood, pension)]


def _studying(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    entity, allowance = customer.entity, customer.income
    return [
        Regular(monthly(1), _parent(rng, customer, hood), minor(allowance, entity, 1000), IN, memo="Allowance", hour=8),
        Regular(monthly(3), rng.choice(hood.landlords), minor(allowance * 0.45, entity, 500), OUT, memo="Room"),
        _bill(rng, entity, rng.choice(hood.telecoms), 12, 25, "Mobile"),
    ]


def _quiet(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    """An account beside the one somebody lives from: topped up, and used for a bill or two."""
    months = rng.choice(((), (), (1, 3, 5, 7, 9, 11), (2, 4, 6, 8, 10, 12)))
    topup = minor(customer.income * rng.uniform(0.06, 0.16), customer.entity, 5000)
    other = OtherSide(
        f"OWN-{customer.external_id.removeprefix('SYN-')}", latin_of(customer.profile), "person",
        customer.entity.country, home_bank(rng, customer.entity.country), f"SYN{rng.randrange(10**12):012d}",
    )  # fmt: skip
    hood.further.append(other)
    bills = [
        _bill(rng, customer.entity, rng.choice(hood.insurers), 25, 120, "Insurance"),
        _bill(rng, customer.entity, rng.choice(hood.telecoms), 18, 65, "Mobile and internet"),
    ]
    return [Regular(monthly(rng.randrange(2, 20), months=months), other, topup, IN, memo="Own transfer"),
            *rng.sample(bills, rng.choice((0, 0, 1)))]  # fmt: skip


def _parent(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> OtherSide:
    country = customer.entity.country
    culture = customer.culture or culture_of(rng, country)
    born = int(customer.profile["date_of_birth"][:4]) - rng.randrange(24, 36)
    parent = OtherSide(
        f"PARENT-{customer.external_id.removeprefix('SYN-')}",
        latin_of(full_name(rng, culture, born, customer.family)), "person", country, home_bank(rng, country),
        f"SYN{rng.randrange(10**12):012d}",
    )  # fmt: skip
    hood.further.append(parent)
    return parent


def _household_bills(rng: Random, entity: Entity, hood: Neighbourhood, income: float) -> list[Regular]:
    bills = [
        _bill(rng, entity, rng.choice(hood.utilities), 45, 140, "Energy", 0.15),
        _bill(rng, entity, rng.choice(hood.telecoms), 18, 65, "Mobile and internet"),
    ]
    if rng.random() < 0.45:
        bills.append(_bill(rng, entity, rng.choice(hood.insurers), 25, 120, "Insurance"))
    if rng.random() < CREDIT_CARDS[entity.country]:
        most = income * rng.uniform(0.15, 0.3)
        bills.append(_bill(rng, entity, hood.card_issuer, most * 0.9, most, "Credit card statement", 0.35))
    return bills


def _home(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    """Rent, or what is paid for a home of one's own, or nothing."""
    entity, archetype = customer.entity, customer.archetype
    amount = minor(customer.income * rng.uniform(0.22, 0.33), entity, 500)
    if rng.random() >= OWNERS[archetype]:
        return [Regular(monthly(1), rng.choice(hood.landlords), amount, OUT, memo="Rent", hour=6.0)]
    if rng.random() >= PAYING_OWNERS[archetype]:
        return []
    return [Regular(monthly(1), hood.lender, amount - 37, OUT, "direct_debit", memo="Home loan", hour=7.0)]


def _bill(
    rng: Random, entity: Entity, other: Any, low: float, high: float, memo: str, jitter: float = 0.0
) -> Regular:  # fmt: skip
    # Prices of contracts end as prices do; what is metered does not.
    amount = minor(rng.uniform(low, high), entity, 1 if jitter else 100) - (0 if jitter else 1)
    return Regular(
        monthly(rng.randrange(2, 24)), other, amount, OUT, "direct_debit", memo=memo, jitter=jitter, hour=7.0
    )


def _family(rng: Random, customer: BankCustomer, hood: Neighbourhood) -> list[Regular]:
    if not customer.is_remitting or customer.culture is None:
        return []
    amount = minor(customer.income * rng.uniform(0.04, 0.10), customer.entity, 1000)
    families = [each for each in hood.families if each.country == customer.culture.country]
    return [Regular(monthly(rng.randrange(2, 10)), rng.choice(families), amount, OUT, "wire", "wire",
                    memo="Family support", hour=10.0)]  # fmt: skip
