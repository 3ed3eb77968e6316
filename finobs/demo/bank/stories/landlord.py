"""Much cash from many people, and nothing wrong with it."""

from __future__ import annotations

from typing import Final

from ..calendars import on_or_after
from ..entities import NORTHWIND
from ..parts import IN
from ..people import RETIREE
from ..regular import months_of
from .stage import Stage, Story

FLATS: Final = 13


def play(stage: Stage) -> None:
    landlord = stage.person(
        RETIREE,
        age=69,
        joined=5_200,
        occupation="Retired; lets flats",
        segment="Private",
        risk_rating="medium",
        risk_reason="Rents in cash; tenancy agreements are on file.",
    )
    account = stage.account((landlord, "holder"), opening=2_640_000, habits=stage.habits(landlord), branch="millroad")
    lender = stage.stranger("Specimen Savings, mortgages", kind="organisation", bank="Specimen Savings")
    rents = [stage.minor(980, 1_420, 500) for _ in range(FLATS)]
    tenants = [stage.stranger() for _ in range(FLATS)]
    for month in months_of(stage.world.plan):
        first = (on_or_after(stage.entity.country, month) - stage.world.plan.first).days
        for number, (tenant, rent) in enumerate(zip(tenants, rents, strict=True)):
            if number < 10:
                stage.pay(
                    account,
                    stage.hood.desks["millroad"],
                    rent,
                    day=first + number % 3,
                    hour=9.6 + number * 0.3,
                    direction=IN,
                    channel="cash",
                    method="cash",
                    memo=f"Rent, flat {number + 1}",
                    branch="millroad",
                )
            else:
                stage.pay(account, tenant, rent, day=first, hour=6.1, direction=IN, memo=f"Rent, flat {number + 1}")
        mortgage = (on_or_after(stage.entity.country, month.replace(day=6)) - stage.world.plan.first).days
        stage.pay(account, lender, 784_250, day=mortgage, hour=7.0, channel="direct_debit", memo="Mortgage")


STORY: Final = Story(
    "landlord",
    "A landlord, and a false positive",
    NORTHWIND,
    "",
    "false positive",
    "In the first days of every month a pensioner pays in over 10,000 in cash, in ten pieces. It is the rent of ten of "
    "thirteen flats whose tenants pay in cash; the same sums come every month, the mortgage is paid from them, and the "
    "agreements are on file.",
    play,
    size=45_000,
)
