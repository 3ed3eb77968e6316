"""What hides among the habits: six typologies, each an episode of a few labelled movements.

After the handbook literature on card fraud (compromised terminal, leaked card) and the FATF and FinCEN typologies
(structuring, rapid movement of funds, dormant accounts, round amounts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from finobs.core.clock import DAY, HOUR

from .world import ABROAD, HOMES, Accounts, Terminals, terminal_name


@dataclass(frozen=True, slots=True)
class Move:
    """One movement: seconds after the first day's midnight, and what a row says of it."""

    second: int
    account: int
    counterparty: str
    amount_minor: int
    direction: str = "out"
    channel: str = "transfer"
    country: str = ""
    memo: str = ""
    typology: str = ""


@dataclass(frozen=True, slots=True)
class EpisodeContext:
    """Where an episode plays: the world, its length in days, and the dice."""

    rng: np.random.Generator
    accounts: Accounts
    terminals: Terminals
    days: int

    def random_account(self) -> int:
        return int(self.rng.choice(self.accounts.active_accounts))

    def start(self, length: int = 3) -> int:
        """Some day that leaves room for the episode, at some hour."""
        first = int(self.rng.integers(1, max(2, self.days - length)))
        return first * DAY + int(self.rng.integers(8, 20)) * HOUR

    def between(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def beneficiary(self) -> str:
        return f"B-{self.between(1, 100_000):05d}"

    def unit(self, account: int) -> float:
        """What a dollar of spending is worth where this account is."""
        return HOMES[int(self.accounts.home[account])][3]


def structuring(context: EpisodeContext) -> Iterator[Move]:
    """Cash in pieces just below the reporting limit of 10,000, then out in one."""
    account, at, total = context.random_account(), context.start(6), 0
    for _ in range(context.between(4, 9)):
        amount = context.between(8_600, 9_950) * 100 + context.between(0, 100)
        yield Move(at, account, f"BRANCH-{context.between(1, 20):02d}", amount, "in", "cash", memo="cash deposit")
        total += amount
        at += context.between(3 * HOUR, 20 * HOUR)
    yield Move(at + HOUR, account, context.beneficiary(), int(total * 0.97), channel="wire", memo="invoice")


def compromised_terminal(context: EpisodeContext) -> Iterator[Move]:
    """Cards skimmed at one terminal: many accounts, a few days, each above its habit."""
    terminal, at = context.between(0, len(context.terminals)), context.start(8)
    for _ in range(context.between(8, 20)):
        account = context.random_account()
        amount = int(context.rng.uniform(160, 600) * context.unit(account) * 100)
        yield Move(at, account, terminal_name(terminal), amount, "out", "pos", str(context.terminals.country[terminal]))
        at += context.between(HOUR, 14 * HOUR)


def leaked_card(context: EpisodeContext) -> Iterator[Move]:
    """Two small tries, then many large purchases abroad within hours."""
    account, at = context.random_account(), context.start(2)
    country = ABROAD[context.between(0, len(ABROAD))]
    for number in range(context.between(6, 14)):
        dollars = context.rng.uniform(0.5, 3) if number < 2 else context.rng.uniform(250, 1_800)
        shop = f"WEB-{country}-{context.between(1, 40):02d}"
        yield Move(at, account, shop, int(dollars * context.unit(account) * 100), "out", "ecommerce", country)
        at += context.between(60, 90 * 60)


def rapid_in_out(context: EpisodeContext) -> Iterator[Move]:
    """Money arrives and leaves again within two hours, nearly whole."""
    account, at = context.random_account(), context.start(1)
    amount, parts = context.between(4_000, 32_000) * 100 + context.between(0, 100), context.between(1, 4)
    yield Move(at, account, context.beneficiary(), amount, "in", "wire", memo="transfer")
    for _ in range(parts):
        at += context.between(5 * 60, 40 * 60)
        yield Move(
            at, account, context.beneficiary(), int(amount * context.rng.uniform(0.92, 0.99) / parts), channel="wire"
        )


def dormant_account(context: EpisodeContext) -> Iterator[Move]:
    """An account without any movement wakes up and is emptied at night."""
    account, at = int(context.rng.choice(context.accounts.dormant)), context.start(3)
    at = at - at % DAY + context.between(1, 4) * HOUR
    for _ in range(context.between(4, 8)):
        amount = context.between(900, 6_000) * 100 + context.between(0, 100)
        yield Move(at, account, context.beneficiary(), amount, channel="transfer", memo="savings")
        at += context.between(20 * 60, 6 * HOUR)


def round_amounts(context: EpisodeContext) -> Iterator[Move]:
    """The same whole thousands to one new beneficiary, again and again."""
    account, at, to = context.random_account(), context.start(12), context.beneficiary()
    amount = int(context.rng.choice([1_000, 2_000, 3_000, 5_000])) * 100
    for _ in range(context.between(5, 11)):
        yield Move(at, account, to, amount, channel="transfer", memo="consulting")
        at += context.between(20 * HOUR, 30 * HOUR)


TYPOLOGIES: tuple[Callable[[EpisodeContext], Iterator[Move]], ...] = (
    structuring, compromised_terminal, leaked_card, rapid_in_out, dormant_account, round_amounts,
)  # fmt: skip
