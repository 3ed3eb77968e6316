"""Who there is: accounts with habits, and the terminals, employers, landlords and utilities they pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Country, currency, share of accounts, and what a unit of spending is there.
HOMES = (("US", "USD", 0.70, 1.0), ("DE", "EUR", 0.15, 0.9), ("FR", "EUR", 0.08, 0.9), ("GB", "GBP", 0.07, 0.8))
# Category, channel, share of terminals, usual amount, its spread (log), and how much more of it happens at weekends.
CATEGORIES = (
    ("grocery", "pos", 0.26, 32.0, 0.55, 1.2),
    ("restaurant", "pos", 0.22, 24.0, 0.50, 1.5),
    ("fuel", "pos", 0.10, 48.0, 0.30, 1.0),
    ("transport", "pos", 0.10, 9.0, 0.60, 0.7),
    ("clothing", "pos", 0.09, 65.0, 0.60, 1.6),
    ("online", "ecommerce", 0.15, 45.0, 0.80, 1.1),
    ("electronics", "ecommerce", 0.04, 180.0, 0.80, 1.2),
    ("cash", "atm", 0.04, 90.0, 0.50, 1.0),
)
ABROAD = ("RO", "NG", "BR", "TH", "CY", "AE", "PA", "HK")
FAVOURITES = 8


@dataclass(frozen=True, slots=True)
class Accounts:
    """One entry per account. `active` is how much of all spending is theirs; nought for the dormant."""

    home: Ints
    level: Floats
    active: Floats
    hour: Floats
    hours: Floats
    weekend: Floats
    favourites: Ints
    salary_day: Ints
    salary: Ints
    rent_day: Ints
    rent: Ints
    bill_day: Ints
    bill: Ints

    def __len__(self) -> int:
        return len(self.home)

    @property
    def dormant(self) -> Ints:
        return np.flatnonzero(self.active == 0)

    @property
    def active_accounts(self) -> Ints:
        return np.flatnonzero(self.active > 0)


@dataclass(frozen=True, slots=True)
class Terminals:
    """One entry per terminal: its category and the country it stands in."""

    category: Ints
    country: NDArray[np.str_]
    weekend: Floats

    def __len__(self) -> int:
        return len(self.category)


def account_name(number: int) -> str:
    return f"A-{number + 1:06d}"


def terminal_name(number: int) -> str:
    """Three terminals to a merchant."""
    return f"M-{number // 3 + 1:05d}-{number % 3 + 1}"


def currency_of(home: int) -> str:
    return HOMES[home][1]


def country_of(home: int) -> str:
    return HOMES[home][0]


def make_terminals(rng: np.random.Generator, accounts: int) -> Terminals:
    count = max(60, accounts // 2)
    category = rng.choice(len(CATEGORIES), count, p=[row[2] for row in CATEGORIES])
    home = rng.choice(len(HOMES), count, p=[row[2] for row in HOMES])
    country = np.array([row[0] for row in HOMES])[home]
    abroad = rng.random(count) < 0.05
    country = np.where(abroad, np.array(ABROAD)[rng.integers(0, len(ABROAD), count)], country)
    return Terminals(category, country, np.array([row[5] for row in CATEGORIES])[category])


def make_accounts(rng: np.random.Generator, count: int, terminals: Terminals) -> Accounts:
    home = rng.choice(len(HOMES), count, p=[row[2] for row in HOMES])
    level = np.exp(rng.normal(0.0, 0.35, count)) * np.array([row[3] for row in HOMES])[home]
    active = rng.gamma(2.0, 1.0, count)
    active[rng.random(count) < 0.03] = 0.0
    active[:2], active[-1] = (1.0, 1.0), 0.0  # at least two awake and one dormant, however few there are
    salary = (rng.normal(3400.0, 700.0, count).clip(1500.0, 6500.0) * level.clip(0.6, 1.4)).round(2)
    return Accounts(
        home=home, level=level, active=active,
        hour=rng.normal(14.5, 2.5, count), hours=rng.uniform(2.0, 4.0, count), weekend=rng.uniform(0.5, 1.8, count),
        favourites=_favourites(rng, home, terminals),
        salary_day=rng.choice([1, 15, 25, 28], count, p=[0.35, 0.2, 0.3, 0.15]), salary=_minor(salary),
        rent_day=rng.integers(1, 6, count), rent=_minor(np.round(salary * rng.uniform(0.22, 0.38, count) / 5) * 5),
        bill_day=rng.integers(6, 25, count), bill=_minor(rng.uniform(35.0, 160.0, count)),
    )  # fmt: skip


def _favourites(rng: np.random.Generator, home: Ints, terminals: Terminals) -> Ints:
    """Each account's own terminals, mostly in its country, the dearest first."""
    chosen = rng.integers(0, len(terminals), (len(home), FAVOURITES))
    for number, (country, *_rest) in enumerate(HOMES):
        near = np.flatnonzero(terminals.country == country)
        here = np.flatnonzero(home == number)
        if len(near) and len(here):
            chosen[here] = near[rng.integers(0, len(near), (len(here), FAVOURITES))]
    return chosen


def _minor(amounts: Any) -> Ints:
    minor: Ints = np.round(amounts * 100).astype(np.int64)
    return minor
