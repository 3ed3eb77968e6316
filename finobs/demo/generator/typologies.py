"""What hides among the habits: six typologies, each an episode of a few labelled movements.

After the handbook literature on card fraud (compromised terminal, leaked card) and the FATF and FinCEN typologies
(structuring, rapid movement of funds, dormant accounts, round amounts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .world import ABROAD, HOMES, Accounts, Terminals, terminal_name

HOUR = 3600
DAY = 24 * HOUR


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
class Scene:
    """Where an episode plays: the world, its length in days, and the dice."""

    rng: np.random.Generator
    accounts: Accounts
    terminals: Terminals
    days: int

    def somebody(self) -> int:
        return int(self.rng.choice(self.accounts.awake))

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


def structuring(stage: Scene) -> Iterator[Move]:
    """Cash in pieces just below the reporting limit of 10,000, then out in one."""
    account, at, total = stage.somebody(), stage.start(6), 0
    for _ in range(stage.between(4, 9)):
        amount = stage.between(8_600, 9_950) * 100 + stage.between(0, 100)
        yield Move(at, account, f"BRANCH-{stage.between(1, 20):02d}", amount, "in", "cash", memo="cash deposit")
        total += amount
        at += stage.between(3 * HOUR, 20 * HOUR)
    yield Move(at + HOUR, account, stage.beneficiary(), int(total * 0.97), channel="wire", memo="invoice")


def compromised_terminal(stage: Scene) -> Iterator[Move]:
    """Cards skimmed at one terminal: many accounts, a few days, each above its habit."""
    terminal, at = stage.between(0, len(stage.terminals)), stage.start(8)
    for _ in range(stage.between(8, 20)):
        account = stage.somebody()
        amount = int(stage.rng.uniform(160, 600) * stage.unit(account) * 100)
        yield Move(at, account, terminal_name(terminal), amount, "out", "pos", str(stage.terminals.country[terminal]))
        at += stage.between(HOUR, 14 * HOUR)


def leaked_card(stage: Scene) -> Iterator[Move]:
    """Two small tries, then many large purchases abroad within hours."""
    account, at = stage.somebody(), stage.start(2)
    country = ABROAD[stage.between(0, len(ABROAD))]
    for number in range(stage.between(6, 14)):
        dollars = stage.rng.uniform(0.5, 3) if number < 2 else stage.rng.uniform(250, 1_800)
        shop = f"WEB-{country}-{stage.between(1, 40):02d}"
        yield Move(at, account, shop, int(dollars * stage.unit(account) * 100), "out", "ecommerce", country)
        at += stage.between(60, 90 * 60)


def rapid_in_out(stage: Scene) -> Iterator[Move]:
    """Money arrives and leaves again within two hours, nearly whole."""
    account, at = stage.somebody(), stage.start(1)
    amount, parts = stage.between(4_000, 32_000) * 100 + stage.between(0, 100), stage.between(1, 4)
    yield Move(at, account, stage.beneficiary(), amount, "in", "wire", memo="transfer")
    for _ in range(parts):
        at += stage.between(5 * 60, 40 * 60)
        yield Move(
            at, account, stage.beneficiary(), int(amount * stage.rng.uniform(0.92, 0.99) / parts), channel="wire"
        )


def dormant_account(stage: Scene) -> Iterator[Move]:
    """An account without any movement wakes up and is emptied at night."""
    account, at = int(stage.rng.choice(stage.accounts.dormant)), stage.start(3)
    at = at - at % DAY + stage.between(1, 4) * HOUR
    for _ in range(stage.between(4, 8)):
        amount = stage.between(900, 6_000) * 100 + stage.between(0, 100)
        yield Move(at, account, stage.beneficiary(), amount, channel="transfer", memo="savings")
        at += stage.between(20 * 60, 6 * HOUR)


def round_amounts(stage: Scene) -> Iterator[Move]:
    """The same whole thousands to one new beneficiary, again and again."""
    account, at, to = stage.somebody(), stage.start(12), stage.beneficiary()
    amount = int(stage.rng.choice([1_000, 2_000, 3_000, 5_000])) * 100
    for _ in range(stage.between(5, 11)):
        yield Move(at, account, to, amount, channel="transfer", memo="consulting")
        at += stage.between(20 * HOUR, 30 * HOUR)


TYPOLOGIES: tuple[Callable[[Scene], Iterator[Move]], ...] = (
    structuring, compromised_terminal, leaked_card, rapid_in_out, dormant_account, round_amounts,
)  # fmt: skip
