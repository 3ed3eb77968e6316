"""Somebody else lives from an old person's money."""

from __future__ import annotations

from typing import Final

from ..entities import SOUTHGATE
from ..people import RETIREE
from .stage import Stage, Story


def play(stage: Stage) -> None:
    elder = stage.person(RETIREE, age=86, joined=9_000)
    helper = stage.person(age=41, joined=20, occupation="5322 Home carer", segment="Retail")
    length = stage.days(48)
    account = stage.account(
        (elder, "holder"), (helper, "joint_holder"), opening=8_600_000, habits=stage.habits(elder), branch="altmarkt"
    )
    stage.tie(elder, helper, "household", since=-20)
    machine = stage.stranger("Cash machine, motorway services Probenheim", kind="terminal")
    vouchers = stage.stranger("Pixel Depot gift cards", country="LU", kind="merchant")
    friend = stage.stranger(country="BG")
    day = start = stage.start(length)
    number = 0
    while day < start + length:
        # More and more, later and later in the evening.
        stage.pay(
            account,
            machine,
            100_000 if number > 3 else 50_000,
            day=day,
            hour=stage.rng.uniform(21.0, 23.4),
            channel="atm",
            method="cash",
            mcc="6011",
        )
        if number % 2:
            stage.pay(
                account,
                vouchers,
                50_000,
                day=day,
                hour=stage.rng.uniform(22.0, 23.5),
                channel="ecommerce",
                method="card",
                country="LU",
                mcc="5732",
            )
        if number % 4 == 3:
            stage.pay(
                account,
                friend,
                stage.minor(2_400, 4_800, 10_000),
                day=day,
                hour=stage.rng.uniform(18.2, 22.4),
                method="instant",
                memo="Pflege",
            )
        day, number = day + stage.rng.randrange(2, 4), number + 1


STORY: Final = Story(
    "elder",
    "Elder exploitation on a joint account",
    SOUTHGATE,
    "unusual_activity",
    "confirmed",
    "A pensioner of 86 has paid rent and groceries from a pension for years. A carer becomes joint holder of the "
    "account. From then on there are cash machines at night far from home, gift cards, and transfers for “care” to "
    "somebody abroad, while the savings melt.",
    play,
    size=40_000,
)
