"""Much cash from many people, and nothing wrong with it."""

from __future__ import annotations

from typing import Final

from ..calendars import is_business_day, on_or_after
from ..entities import NORTHWIND
from ..parts import IN, BankAccount, BankCustomer
from ..people import RETIREE
from ..regular import months_of
from .stage import Stage, Story

FLATS, PAID_IN_CASH = 13, 10
MORTGAGE: Final = 784_250
# Of tenants, so many have not all of it in a month.
SHORT_SHARE: Final = 0.08


def play(stage: Stage) -> None:
    landlord = stage.person(
        RETIREE,
        age=69,
        joined=5_200,
        occupation="Retired; lets flats",
        segment="Private",
        risk_rating="medium",
        risk_reason="Lets thirteen flats, ten of them for cash; tenancy agreements are on file.",
    )
    account = stage.account(
        (landlord, "holder"), opening=2_640_000, habits=stage.habits(landlord, is_tenant=False), branch="millroad"
    )
    lender = stage.stranger("Specimen Savings, mortgages", kind="organisation", bank="Specimen Savings")
    rents = [stage.minor(980, 1_420, 500) for _ in range(FLATS)]
    tenants = [stage.stranger() for _ in range(FLATS)]
    _declare(stage, landlord, sum(rents))
    for month in months_of(stage.world.plan):
        first = (on_or_after(stage.entity.country, month) - stage.world.plan.first).days
        _pay_in(stage, account, first, rents[:PAID_IN_CASH])
        for number in range(PAID_IN_CASH, FLATS):
            stage.pay(account, tenants[number], rents[number], day=first + stage.rng.randrange(3),
                      hour=stage.rng.uniform(5.5, 8.5), direction=IN, memo=f"Rent, flat {number + 1}")  # fmt: skip
        mortgage = (on_or_after(stage.entity.country, month.replace(day=6)) - stage.world.plan.first).days
        stage.pay(account, lender, MORTGAGE, day=mortgage, hour=7.0, channel="direct_debit", memo="Mortgage")


def _declare(stage: Stage, landlord: BankCustomer, rents: int) -> None:
    """The landlord said what comes in: the rents and a pension, and what goes out of them."""
    into, out = round((rents / 100 + landlord.income) * 1.08, -2), round(MORTGAGE / 100 + landlord.income * 1.6, -2)
    stage.expects(landlord, int(into), int(out), 70, "cash", "transfer", "direct_debit", "card")


def _pay_in(stage: Stage, account: BankAccount, first: int, rents: list[int]) -> None:
    """Whoever has paid by then is paid in on one of a few visits to the branch, one slip for each flat."""
    open_days = [day for day in range(first, first + 7) if is_business_day(stage.entity.country, stage.date(day))][:4]
    visits = [(day, stage.rng.uniform(9.2, 14.8)) for day in sorted(stage.rng.sample(open_days, 3))]
    for number, rent in enumerate(rents):
        day, hour = stage.rng.choice(visits)
        short = stage.minor(50, 150, 1_000) if stage.rng.random() < SHORT_SHARE else 0
        stage.pay(
            account, stage.hood.desks["millroad"], rent - short, day=day, hour=hour, direction=IN, channel="cash",
            method="cash", memo=f"Rent, flat {number + 1}", branch="millroad",
        )  # fmt: skip


STORY: Final = Story(
    "landlord",
    "A landlord, and a false positive",
    NORTHWIND,
    "",
    "false positive",
    "In the first days of every month a pensioner pays in over 10,000 in cash, in ten pieces. It is the rent of ten of "
    "thirteen flats whose tenants pay in cash; nearly the same sums come every month, the mortgage is paid from them, "
    "the agreements are on file, and the landlord had said that so much would come in.",
    play,
    size=45_000,
)
