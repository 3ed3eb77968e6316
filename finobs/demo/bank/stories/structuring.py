"""Cash in pieces below the reporting limit, at one branch after the other."""

from __future__ import annotations

from typing import Final

from ..entities import NORTHWIND
from ..parts import IN
from .stage import Stage, Story


def play(stage: Stage) -> None:
    dealer = stage.person(
        occupation="3322 Sales representative",
        risk_rating="medium",
        risk_reason="Sells cars beside wages; income in cash.",
    )
    account = stage.account((dealer, "holder"), opening=412_000, habits=stage.habits(dealer), branch="harbor")
    branches = [each.code for each in stage.entity.branches]
    day, total = stage.start(12), 0
    last = day
    for number in range(stage.rng.randrange(8, 12)):
        branch = branches[number % len(branches)]
        amount = stage.minor(8_600, 9_900, 5_000)
        stage.pay(
            account,
            stage.hood.desks[branch],
            amount,
            day=day,
            hour=stage.rng.uniform(9.5, 11.5) if number % 2 else stage.rng.uniform(13.5, 16.2),
            direction=IN,
            channel="cash",
            method="cash",
            memo="Cash deposit",
            branch=branch,
        )
        total, last = total + amount, day
        day += number % 2
    exporter = stage.stranger("Sunrise Motors FZE", country="AE", kind="organisation", bank="Example Bank AE")
    stage.pay(
        account,
        exporter,
        round(total * 0.97 / 10_000) * 10_000,
        day=stage.open_day(last) + 1,
        hour=stage.rng.uniform(9.3, 16.4),
        channel="wire",
        method="wire",
        memo="Vehicles, lot 7",
    )


STORY: Final = Story(
    "structuring",
    "Structuring across branches",
    NORTHWIND,
    "structuring",
    "confirmed",
    "Somebody who sells cars pays in cash for a week, each time below the 10,000 from which cash is reported, at every "
    "branch in turn, so that no teller sees it twice. The day after the last deposit nearly all of it leaves in one "
    "wire to a trader abroad.",
    play,
    size=7_000,
)
