"""The largest payment of a life."""

from __future__ import annotations

from typing import Final

from ..entities import NORTHWIND
from ..parts import IN
from .stage import Stage, Story


def play(stage: Stage) -> None:
    buyer = stage.person(age=38, joined=4_000)
    account = stage.account((buyer, "holder"), opening=stage.minor(9_000, 22_000), habits=stage.habits(buyer))
    broker = stage.stranger("Juniper Brokerage, own securities account", kind="organisation", bank="First Sample Bank")
    notary = stage.stranger("Thackeray & Vance, escrow", kind="organisation", bank="Specimen Savings")
    day, price = stage.start(8), stage.minor(38_000, 92_000, 50_000)
    stage.pay(
        account,
        broker,
        price,
        day=day,
        hour=stage.rng.uniform(9.2, 14.8),
        direction=IN,
        channel="wire",
        method="wire",
        memo="Sale of own securities",
    )
    stage.pay(
        account,
        notary,
        price + 250_000,
        day=day + 3,
        hour=stage.rng.uniform(10.2, 15.8),
        channel="wire",
        method="wire",
        memo=f"Closing, {stage.rng.randrange(10, 99)} Sample Street",
    )


STORY: Final = Story(
    "house",
    "The price of a house",
    NORTHWIND,
    "",
    "explained",
    "Somebody sells their securities and pays the escrow agent of a house three days later: much more than they have "
    "ever moved, far above a limit, and explained by one document.",
    play,
    size=12_000,
)
