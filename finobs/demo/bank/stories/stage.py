"""Where a story is played: its customers, accounts and payments, put among those of everybody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from .. import businesses, people
from ..calendars import on_or_after
from ..counterparties import home_bank
from ..entities import Entity
from ..livings import person_habits
from ..names import culture_by_country, latin_name
from ..parts import OUT, BankAccount, BankCustomer, BankTie, Habits, Movement, OtherSide
from ..trades import Trade
from ..world import StoryPlay, World

# As many numbers are set apart for the customers of the first copy of each story.
CUSTOMERS_A_STORY: Final = 8
LATE_SHARE: Final = 0.72
# Counters are open between these; what is late is served a little longer.
BRANCH_HOURS: Final = (9.1, 15.7)
# Seconds of a day between which a clock may be put forward or back, at either entity: no payment is then.
CLOCK_CHANGES: Final = range(3_600, 3 * 3_600)
PREFIXES: Final = {"person": "PAYEE", "organisation": "FIRM", "merchant": "SHOP", "terminal": "ATM", "wallet": "WALLET"}
YEARS_APART: Final = 4
BANK_CHANNELS: Final = ("transfer", "wire", "cash", "direct_debit")


@dataclass(frozen=True, slots=True)
class Story:
    """typology: the label of its payments; "" where nothing is wrong with them. size: one more copy for so many
    payments of the plan, 0 for one alone. outcome: what a review comes to. text: what happened. is_reported: whoever
    lost money tells their bank, and so this one hears of it; of the others only people who look find out."""

    slug: str
    title: str
    entity: Entity
    typology: str
    outcome: str
    text: str
    play: Callable[[Stage], None]
    size: int = 0
    is_reported: bool = False

    def copies(self, payments: int) -> int:
        return 1 + (payments // self.size if self.size else 0)


class Stage:
    """One copy of a story. rng: its own, so that the first copy is the same whatever is around it."""

    def __init__(self, world: World, story: Story, copy: int, place: int) -> None:
        self.world, self.story, self.copy, self.entity = world, story, copy, story.entity
        self.rng, self.hood = Random(f"{world.plan.seed} {story.slug} {copy}"), world.hoods[story.entity.code]
        self.customers: list[BankCustomer] = []
        self.first_number = place * CUSTOMERS_A_STORY + 1

    def result(self) -> StoryPlay:
        return StoryPlay(self.story.slug, self.copy, tuple(each.external_id for each in self.customers))

    # Who is in it.

    def person(
        self, archetype: str = people.EMPLOYED, *, age: int = 0, joined: int = 0, country: str = "",
        occupation: str = "", **profile: Any,
    ) -> BankCustomer:  # fmt: skip
        """age: in years; copies are some years older or younger. joined: so many days before the payments begin.
        country: of which they are a national. profile: what is to be so of them."""
        first = self.world.plan.first
        person = people.make_person(
            self.rng, self.entity, self._id(), archetype, first, born=self._born(age, first) if age else None,
            culture=culture_by_country(country) if country else None, occupation=occupation,
        )  # fmt: skip
        return self._cast(person, joined, profile)

    def _born(self, age: int, first: date) -> date:
        years = age + (self.rng.randrange(-YEARS_APART, YEARS_APART + 1) if self.copy else 0)
        return first - timedelta(
            days=int(max(people.AGES[people.STUDYING][0], years) * 365.25) + self.rng.randrange(365)
        )

    def organisation(self, trade: Trade | None, *, name: str = "", joined: int = 0, **profile: Any) -> BankCustomer:
        first = self.world.plan.first
        customer = businesses.make_organisation(self.rng, self.entity, self._id(), first, trade, name)
        return self._cast(customer, joined, profile)

    def account(
        self, *parties: tuple[BankCustomer, str], opening: int, branch: str = "", habits: Habits | None = None
    ) -> BankAccount:
        """opening: what is on it, in minor units."""
        return self.world.add_account(list(parties), habits or Habits(), opening, branch=branch, story=self.story.slug)

    def habits(self, person: BankCustomer, *, is_tenant: bool = True) -> Habits:
        return person_habits(self.rng, person, self.hood, is_tenant=is_tenant)

    def tie(
        self, customer: BankCustomer, other: BankCustomer, kind: str, share: int | None = None, *, since: int,
        until: int | None = None,
    ) -> None:  # fmt: skip
        """since, until: days of the plan; below zero, of before it."""
        last = None if until is None else self.date(until)
        self.world.ties.append(BankTie(customer, other, kind, self.date(since), share, last))

    def changes(self, customer: BankCustomer, day: int, **profile: Any) -> None:
        """What the bank says of a customer from a day of the plan on; below zero, of before it."""
        customer.changes.append((self.date(day), profile))

    def expects(self, customer: BankCustomer, amount_in: int, amount_out: int, count: int, *methods: str) -> None:
        """What a customer said they would move in a month, where their account does not show it."""
        customer.profile["expected_activity"] = [
            {"currency": self.entity.currency, "amount_in": str(amount_in), "amount_out": str(amount_out),
             "count": count, "countries": [self.entity.country], "methods": sorted(methods)}
        ]  # fmt: skip

    def stranger(self, name: str = "", *, country: str = "", kind: str = "person", bank: str = "") -> OtherSide:
        country = country or self.entity.country
        name = name or latin_name(self.rng, country, self.entity.country)
        external_id = f"{PREFIXES[kind]}-{self.rng.randrange(10**6):06d}"
        number = f"SYN{self.rng.randrange(10**12):012d}"
        bank = bank or home_bank(self.rng, country)
        # Of a terminal or a shop a bank knows who it is and where, and no account.
        at_bank = ("", "") if kind in ("terminal", "merchant") else (bank, number)
        other = OtherSide(external_id, name, kind, country, *at_bank)
        self.hood.further.append(other)
        return other

    def desk(self) -> OtherSide:
        """A cash counter, of any branch."""
        return self.hood.desks[self.rng.choice(self.entity.branches).code]

    # When it is.

    def start(self, length: int, first: float = 0.62) -> int:
        """A day that leaves room for so many: most copies in the second half. first: of all days, the share that
        comes before the first copy."""
        days = self.world.plan.days
        last = max(1, days - length - 2)
        if not self.copy:
            return min(last, int(days * first))
        low, high = (0.42, 1.0) if self.rng.random() < LATE_SHARE else (0.1, 0.42)
        return min(last, self.rng.randrange(max(1, int(days * low)), max(2, int(days * high)) + 1))

    def open_day(self, day: int) -> int:
        """The first day from this one on on which banks are open."""
        return (on_or_after(self.entity.country, self.date(day)) - self.world.plan.first).days

    def days(self, length: int) -> int:
        """So many, or as many as a short plan has."""
        return max(2, min(length, self.world.plan.days - 4))

    def date(self, day: int) -> date:
        return self.world.plan.first + timedelta(days=day)

    # What is paid.

    def pay(
        self,
        account: BankAccount,
        other: OtherSide,
        minor: int,
        *,
        day: int,
        hour: float,
        direction: str = OUT,
        channel: str = "transfer",
        method: str = "",
        memo: str = "",
        country: str = "",
        **attributes: str,
    ) -> None:
        """hour: of the day, above 24 on the next one. What a bank does itself waits for a business day. Nothing where
        that is after the plan's end."""
        if channel == "cash":
            hour = min(max(hour, BRANCH_HOURS[0]), BRANCH_HOURS[1])
        more, second = divmod(int(hour * 3600) + self.rng.randrange(0, 900), 86_400)
        if second in CLOCK_CHANGES:
            second += len(CLOCK_CHANGES)
        if channel in BANK_CHANNELS and method not in ("instant", "crypto"):
            day = self.open_day(day)
        if 0 <= day + more < self.world.plan.days:
            self.world.movements[day + more].append(
                Movement(
                    second,
                    account,
                    other,
                    minor,
                    direction,
                    channel,
                    method,
                    memo,
                    country,
                    attributes or None,
                    self.story.slug,
                    self.story.typology,
                    self.story.is_reported,
                )
            )

    def minor(self, low: float, high: float, step: int = 1) -> int:
        """Some amount between these, in the entity's currency, rounded to `step` minor units."""
        return round(self.rng.uniform(low, high) * 100 / step) * step

    def _id(self) -> str:
        return self.world.new_id(self.entity, 0 if self.copy else self.first_number + len(self.customers))

    def _cast(self, customer: BankCustomer, joined: int, profile: dict[str, Any]) -> BankCustomer:
        customer.profile |= profile
        if joined:
            day = (self.world.plan.first - timedelta(days=joined)).isoformat()
            customer.profile |= {"onboarded_on": day, "risk_since": day}
        customer.story = self.story.slug
        self.customers.append(customer)
        self.world.customers.append(customer)
        return customer
