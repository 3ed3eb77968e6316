"""Cards in other hands: one that was leaked, and many that were copied at one terminal."""

from __future__ import annotations

from typing import Final

from ..entities import NORTHWIND, SOUTHGATE
from .stage import Stage, Story

ABROAD: Final = ("RO", "BR", "TH", "ID", "ZA")
SHOP_NAMES: Final = (
    "Gadget Galaxy",
    "Phone Arcade",
    "Sneaker Vault",
    "Console Corner",
    "Watch Bazaar",
    "Laptop Lagoon",
)


def play_leaked(stage: Stage) -> None:
    holder = stage.person()
    account = stage.account((holder, "holder"), opening=stage.minor(11_000, 17_000), habits=stage.habits(holder))
    day, hour, country = stage.start(3), stage.rng.uniform(3.5, 21.0), stage.rng.choice(ABROAD)
    for number in range(stage.rng.randrange(7, 12)):
        shop = stage.stranger(f"{stage.rng.choice(SHOP_NAMES)} {country}", country=country, kind="merchant")
        amount = stage.minor(0.5, 3.0) if number < 2 else stage.minor(240, 1_400)
        stage.pay(
            account, shop, amount, day=day, hour=hour, channel="ecommerce", method="card", country=country, mcc="5732"
        )
        hour += stage.rng.uniform(0.05, 1.3)


def play_terminal(stage: Stage) -> None:
    holder = stage.person()
    own = stage.account((holder, "holder"), opening=stage.minor(5_000, 9_000), habits=stage.habits(holder))
    others = [
        each
        for each in stage.world.accounts
        if each.entity is stage.entity and not each.story and each.habits.weight > 0.3
    ]
    chosen = [own, *stage.rng.sample(others, min(len(others), stage.rng.randrange(9, 14)))]
    pumps = [each for each in stage.hood.merchants if each.category == 2]
    terminal, day = stage.rng.choice(pumps), stage.start(7, first=0.88)
    for account in chosen:
        stage.pay(
            account,
            terminal,
            stage.minor(170, 560, 500),
            day=day + stage.rng.randrange(0, 6),
            hour=stage.rng.uniform(4.0, 23.4),
            channel="pos",
            method="card",
            mcc="5541",
        )


LEAKED: Final = Story(
    "leaked-card",
    "A leaked card",
    NORTHWIND,
    "leaked_card",
    "confirmed",
    "Two payments of a dollar or two at a web shop abroad, to see whether the card works; then many large ones within "
    "hours, at shops where nobody of this household ever bought anything.",
    play_leaked,
    size=6_000,
    is_reported=True,
)
TERMINAL: Final = Story(
    "terminal",
    "A terminal that copies cards",
    SOUTHGATE,
    "compromised_terminal",
    "confirmed",
    "At one petrol pump a dozen customers who have nothing else in common are charged several hundred within a week; "
    "none of them filled a lorry.",
    play_terminal,
    size=16_000,
    is_reported=True,
)
