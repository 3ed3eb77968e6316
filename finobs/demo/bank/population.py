"""The ordinary customers of one entity: households, businesses and who owns them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

from . import businesses, people
from .entities import Entity
from .livings import person_habits
from .parts import IN, OUT, BankAccount, BankCustomer, BankTie, Habits, OtherSide, Regular
from .recurrences import monthly
from .trades import PROPRIETOR, TRADES, Trade
from .world import World

ORGANISATIONS: Final = 0.12
HOLDINGS: Final = 0.15
COUPLES: Final = 0.24
SAVERS: Final = 0.3
MAX_SAVED: Final = 0.08
# Of all payments, so many may come by the calendar; the rest is cards.
REGULAR_SHARE: Final = 0.5


class Population:
    """The ordinary customers of one entity."""

    def __init__(self, world: World, entity: Entity, rng: Random, number: int) -> None:
        self.world, self.entity, self.rng, self.number = world, entity, rng, number
        self.hood, self.first = world.hoods[entity.code], world.plan.first
        self.persons: list[BankCustomer] = []
        months = world.plan.days / 30.4
        rate = world.plan.size / max(1, world.plan.customers) / months
        # How many live from their account here: as many as there are payments for (six a month by the calendar, and one
        # of the others).
        self.living = min(0.85, max(0.08, (rate * REGULAR_SHARE - 1.2) / 4.0))
        self.is_daily = rate > 3.0

    def make(self) -> None:
        organisations = max(2, round(self.number * ORGANISATIONS))
        while len(self.persons) < self.number - organisations:
            self.household()
        for number in range(organisations):
            self.organisation(number)

    def archetype(self) -> str:
        if self.rng.random() > self.living:
            return people.QUIET
        return self.rng.choices((people.EMPLOYED, people.RETIREE, people.STUDYING), (0.68, 0.2, 0.12))[0]

    def person(self, archetype: str, family: BankCustomer | None = None) -> BankCustomer:
        new_id = self.world.new_id(self.entity)
        person = people.make_person(self.rng, self.entity, new_id, archetype, self.first, family)
        self.persons.append(person)
        self.world.customers.append(person)
        return person

    def household(self) -> None:
        """One person, or two with an account of both."""
        first = self.person(self.archetype())
        parties = [(first, "holder")]
        if first.archetype != people.STUDYING and self.rng.random() < COUPLES:
            second = self.person(first.archetype, first)
            since = max(first.profile["onboarded_on"], second.profile["onboarded_on"])
            self.world.ties.append(BankTie(first, second, "household", date.fromisoformat(since)))
            parties.append((second, "joint_holder"))
        self.current_account(parties)

    def current_account(self, parties: list[tuple[BankCustomer, str]]) -> None:
        holder = parties[0][0]
        habits = person_habits(self.rng, holder, self.hood)
        opening = people.minor(holder.income * self.rng.lognormvariate(0.6, 0.4), self.entity)
        account = self.world.add_account(parties, habits, opening)
        if holder.archetype in (people.EMPLOYED, people.RETIREE) and self.rng.random() < SAVERS:
            self.savings_account(account)

    def savings_account(self, current: BankAccount) -> None:
        most = current.holder.income * MAX_SAVED
        step = people.minor(min(most, self.rng.choice((50, 100, 150, 200, 300))), self.entity, 1000)
        when = monthly(3)
        opening = people.minor(self.rng.lognormvariate(8.6, 0.8), self.entity)
        savings = self.world.add_account([current.parties[0]], Habits(), opening, kind="savings")
        sides = [
            OtherSide(each.external_id, name, "person", self.entity.country, "own bank", each.external_id)
            for each, name in ((current, "Own current account"), (savings, "Own savings account"))
        ]
        self.hood.further.extend(sides)
        savings.habits.regular.append(
            Regular(when, sides[0], step, IN, method="internal", memo="Savings plan", hour=7.5)
        )
        current.habits.regular.append(
            Regular(when, sides[1], step, OUT, method="internal", memo="Savings plan", hour=7.5)
        )

    def branch(self) -> str:
        return self.rng.choice(self.entity.branches).code

    def organisation(self, number: int) -> None:
        """A business with its owners; some are owned through a holding company."""
        trade = TRADES[number % len(TRADES)]
        business = self.add_organisation(trade)
        owners = self.owners()
        if owners[0].archetype != people.RETIREE:
            owners[0].profile["occupation"] = PROPRIETOR
        if self.rng.random() < HOLDINGS:
            holding = self.add_organisation(None)
            self.own_shares(owners, holding)
            self.world.ties.append(BankTie(holding, business, "owns", self.since(holding, business), 100))
        else:
            self.own_shares(owners, business)
        branch = self.branch()
        is_daily = self.is_daily and self.rng.random() < 0.4
        habits = businesses.business_habits(self.rng, business, self.hood, branch, is_daily)
        if self.rng.random() > max(0.35, self.living):
            # Their main bank is another: a few payments of each kind are enough here.
            habits.regular = habits.regular[:: max(2, len(habits.regular) // 3)]
        parties = [(business, "holder"), (owners[0], "signatory"), *((each, "beneficial_owner") for each in owners)]
        opening = sum(each.minor for each in habits.regular if each.direction == OUT) * 3 + 500_000
        self.world.add_account(parties, habits, opening, branch=branch)

    def add_organisation(self, trade: Trade | None) -> BankCustomer:
        new_id = self.world.new_id(self.entity)
        result = businesses.make_organisation(self.rng, self.entity, new_id, self.first, trade)
        self.world.customers.append(result)
        return result

    def owners(self) -> list[BankCustomer]:
        grown = [each for each in self.persons if each.archetype != people.STUDYING]
        return self.rng.sample(grown, min(len(grown), self.rng.choice((1, 1, 2, 2, 3))))

    def own_shares(self, owners: list[BankCustomer], owned: BankCustomer) -> None:
        shares = {1: (100,), 2: self.rng.choice(((50, 50), (60, 40), (75, 25))), 3: (40, 35, 25)}[len(owners)]
        for owner, share in zip(owners, shares, strict=True):
            self.world.ties.append(BankTie(owner, owned, "owns", self.since(owner, owned), share))
        if len(owners) > 1:
            self.world.ties.append(BankTie(owners[0], owned, "controls", self.since(owners[0], owned)))

    def since(self, one: BankCustomer, other: BankCustomer) -> date:
        days = (date.fromisoformat(each.profile["onboarded_on"]) for each in (one, other))
        return min(max(days), self.first - timedelta(days=1))
