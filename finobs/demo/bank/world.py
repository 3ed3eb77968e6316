"""The whole bank as it is before the first payment: customers, accounts, ties, the other side, and the stories."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from .counterparties import Neighbourhood
from .entities import Entity
from .parts import BankAccount, BankCustomer, BankTie, Habits, Movement, spread
from .plan import BankPlan

# Customers of the first copy of each story have the first numbers, so that their ids are the same in every demo.
FIRST_NUMBER: Final = 101


@dataclass(frozen=True, slots=True)
class StoryPlay:
    """One copy of a story: which, the so-manieth, and the customers in it, the first of whom it is about."""

    story: str
    copy: int
    customers: tuple[str, ...]


@dataclass(slots=True)
class World:
    """movements: of the stories, by the day of the plan. regular_total: how many payments the calendar asks for;
    regular_room: how many of them there is room for; spending: how many card payments fill the rest."""

    plan: BankPlan
    customers: list[BankCustomer] = field(default_factory=list)
    accounts: list[BankAccount] = field(default_factory=list)
    ties: list[BankTie] = field(default_factory=list)
    hoods: dict[str, Neighbourhood] = field(default_factory=dict)
    movements: dict[int, list[Movement]] = field(default_factory=lambda: defaultdict(list))
    plays: list[StoryPlay] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    regular_total: int = 0
    regular_room: int = 0
    spending: int = 0

    def new_id(self, entity: Entity, number: int = 0) -> str:
        """The id of a new customer. number: one of those before FIRST_NUMBER, or the next after it."""
        if not number:
            number = FIRST_NUMBER + self.numbers[entity.code]
            self.numbers[entity.code] += 1
        return f"SYN-{entity.prefix}-{spread(number):06d}"

    def add_account(
        self, parties: list[tuple[BankCustomer, str]], habits: Habits, opening: int, *, kind: str = "current",
        branch: str = "", story: str = "",
    ) -> BankAccount:  # fmt: skip
        """An account of the first of these parties, opened when they became a customer."""
        holder = parties[0][0]
        self.numbers[holder.external_id] += 1
        external_id = f"{holder.external_id.removeprefix('SYN-')}-{self.numbers[holder.external_id]:02d}"
        opened = date.fromisoformat(holder.profile["onboarded_on"])
        account = BankAccount(
            len(self.accounts), external_id, holder.entity, kind, branch, opened, opening, parties, habits, story
        )
        self.accounts.append(account)
        return account
