"""Cash comes in everywhere, and leaves at one place."""

from __future__ import annotations

from typing import Final

from ..entities import NORTHWIND
from ..parts import IN
from .stage import Stage, Story


def play(stage: Stage) -> None:
    holder = stage.person(
        age=34,
        joined=24,
        country="MX",
        occupation="9112 Cleaner",
        risk_rating="medium",
        risk_reason="New customer from Mexico; first account in the country.",
    )
    account = stage.account((holder, "holder"), opening=15_000, branch="airport")
    stage.expects(holder, 1_900, 1_700, 30, "transfer", "card", "cash", "direct_debit")
    beneficiary = stage.stranger("Comercial Tres Ríos", country="MX", kind="organisation", bank="Example Bank MX")
    length = stage.days(30)
    start, balance = stage.start(length), 0
    for day in sorted(stage.rng.sample(range(start, start + length), k=max(2, length // 2))):
        for _ in range(stage.rng.randrange(1, 3)):
            branch = stage.rng.choice(stage.entity.branches).code
            amount = stage.minor(1_900, 4_800, 2_000)
            stage.pay(
                account,
                stage.hood.desks[branch],
                amount,
                day=day,
                hour=stage.rng.uniform(9.2, 12.4),
                direction=IN,
                channel="cash",
                method="cash",
                memo="Deposit by third party",
                branch=branch,
            )
            balance += amount
        if balance > stage.minor(3_000, 9_000):
            stage.pay(
                account,
                beneficiary,
                balance // 10_000 * 10_000,
                day=day,
                hour=stage.rng.uniform(12.5, 16.6),
                channel="wire",
                method="wire",
                memo="Mercancía",
            )
            balance = 0


STORY: Final = Story(
    "funnel",
    "A funnel account",
    NORTHWIND,
    "rapid_in_out",
    "confirmed",
    "A cleaner's new account without any wages: people who are not its holder pay cash in at all branches, some "
    "thousands at a time, and every few days what has come together is wired to one merchant abroad.",
    play,
    size=30_000,
)
