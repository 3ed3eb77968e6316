"""A student lends an account."""

from __future__ import annotations

from typing import Final

from ..entities import SOUTHGATE
from ..parts import IN
from ..people import STUDYING
from .stage import Stage, Story


def play(stage: Stage) -> None:
    student = stage.person(STUDYING, age=19, joined=210)
    account = stage.account((student, "holder"), opening=92_000, habits=stage.habits(student))
    exchange = stage.stranger("Bitport Exchange", country="LT", kind="wallet", bank="Example Bank LT")
    day = stage.start(9)
    for _ in range(stage.rng.randrange(4, 7)):
        amount, hour = stage.minor(1_400, 3_900), stage.rng.uniform(9.0, 18.0)
        stage.pay(
            account,
            stage.stranger(),
            amount,
            day=day,
            hour=hour,
            direction=IN,
            method="instant",
            memo=stage.rng.choice(("Ebike", "Kaution Wohnung", "Ticket", "Rechnung 2214")),
        )
        # Within the hour, and less what the student may keep.
        stage.pay(
            account,
            exchange,
            round(amount * 0.93 / 1_000) * 1_000,
            day=day,
            hour=hour + stage.rng.uniform(0.2, 0.9),
            method="crypto" if stage.rng.random() < 0.6 else "instant",
            memo="Order",
            mcc="6051",
        )
        day += stage.rng.randrange(0, 3)


STORY: Final = Story(
    "mule",
    "A student mule",
    SOUTHGATE,
    "rapid_in_out",
    "confirmed",
    "A student who lives on an allowance receives instant payments from people who believe that they bought a bicycle "
    "or paid a deposit for a flat. Within the hour the money is at an exchange of crypto-assets; seven per cent stay. "
    "Those who paid tell their banks, which call the money back a week later.",
    play,
    size=5_000,
    is_reported=True,
)
