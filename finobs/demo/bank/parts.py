"""What the demo's bank consists of: customers, accounts, the other side, and movements of money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from transactions.choices import Direction

from .entities import Entity
from .names import Culture
from .recurrences import Recurrence

IN, OUT = Direction.IN.value, Direction.OUT.value
# Numbers are spread over six digits, so that no id says who came first. Prime, so that none comes twice.
_MODULUS: Final = 999_983
_FACTOR: Final = 378_101


def spread(number: int) -> int:
    """Another number of six digits for each up to about a million."""
    return number * _FACTOR % _MODULUS


@dataclass(frozen=True, slots=True)
class OtherSide:
    """A counterparty. kind: as `transactions` has it. category: of a merchant, its place in `trades.CATEGORIES`."""

    external_id: str
    name: str
    kind: str
    country: str
    bank: str = ""
    account_number: str = ""
    category: int = -1


@dataclass(frozen=True, slots=True)
class Regular:
    """What moves again and again. minor: whole minor units, the most there is of it. jitter: by how much less it may
    be, a share. step: to which it is rounded, in minor units. monday: how much more comes on a Monday, of a weekend."""

    recurrence: Recurrence
    other: OtherSide
    minor: int
    direction: str
    channel: str = "transfer"
    method: str = ""
    memo: str = ""
    jitter: float = 0.0
    step: int = 1
    monday: float = 1.0
    hour: float = 9.0


@dataclass(slots=True)
class Habits:
    """What is usual at an account. weight: how much of all card payments are its; level: how dear they are."""

    regular: list[Regular] = field(default_factory=list)
    weight: float = 0.0
    level: float = 1.0
    weekend: float = 1.0
    hour: float = 15.0
    favourites: list[int] = field(default_factory=list)


@dataclass(slots=True)
class BankCustomer:
    """profile: the fields of a customer's record. story: the slug of the story they are in. changes: what became
    otherwise of the profile, and when, in the order of time.

    Of a person: income: of a month, in dollars; culture and family: whose names they bear, and which family name;
    is_remitting: they support family in the country of that culture.
    """

    external_id: str
    entity: Entity
    kind: str
    profile: dict[str, Any]
    archetype: str = ""
    story: str = ""
    changes: list[tuple[date, dict[str, Any]]] = field(default_factory=list)
    income: float = 0.0
    culture: Culture | None = None
    family: int = 0
    is_remitting: bool = False

    def profiles(self) -> list[tuple[str, dict[str, Any]]]:
        """The profile as it was from each date on, the first one from the day on which they became a customer."""
        profile = self.profile
        result = [(profile["onboarded_on"], profile)]
        for day, change in self.changes:
            profile = profile | change
            result.append((day.isoformat(), profile))
        return result


@dataclass(slots=True)
class BankAccount:
    """index: its place among all accounts of the world. opening: what is on it before the first payment, in minor
    units. parties: customers with their roles, the holder first."""

    index: int
    external_id: str
    entity: Entity
    kind: str
    branch: str
    opened_on: date
    opening: int
    parties: list[tuple[BankCustomer, str]]
    habits: Habits = field(default_factory=Habits)
    story: str = ""

    @property
    def holder(self) -> BankCustomer:
        return self.parties[0][0]


@dataclass(frozen=True, slots=True)
class BankTie:
    """What one customer is to another, from a day on, up to another where that is over. share: in per cent."""

    customer: BankCustomer
    other: BankCustomer
    kind: str
    since: date
    share: int | None = None
    until: date | None = None


@dataclass(slots=True)
class Movement:
    """One payment: second of its day on the entity's clock, and what a row says of it. minor: above zero.

    attributes: further columns. story: of which story it is part; label: its typology, where something is wrong with
    it; is_reported: somebody told the bank so, by a chargeback or a recall.
    """

    second: int
    account: BankAccount
    other: OtherSide
    minor: int
    direction: str
    channel: str
    method: str
    memo: str = ""
    country: str = ""
    attributes: Mapping[str, str] | None = None
    story: str = ""
    label: str = ""
    is_reported: bool = False
