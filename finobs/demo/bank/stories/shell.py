"""A company with two owners, no staff, and much money passing."""

from __future__ import annotations

from typing import Final

from ..entities import SOUTHGATE
from ..parts import IN
from ..trades import TRADES
from .stage import Stage, Story

FIRM_NAMES: Final = ("Cobalt Crest Advisory", "Linden Gate Advisory", "Amber Quay Advisory")


def play(stage: Stage) -> None:
    advisory = next(each for each in TRADES if each.noun == "Advisory")
    company = stage.organisation(
        advisory,
        name=FIRM_NAMES[stage.copy % len(FIRM_NAMES)],
        joined=150,
        risk_rating="medium",
        risk_reason="Consultancy without staff; contracts to be provided.",
    )
    first = stage.person(age=52, joined=150, occupation="1120 Managing director", segment="Private")
    second = stage.person(
        age=47,
        joined=30,
        country="BG",
        occupation="1111 Legislator",
        is_pep=True,
        risk_rating="high",
        risk_reason="Politically exposed: deputy minister of Bulgaria until last year; source of wealth open.",
        segment="Private",
    )
    account = stage.account(
        (company, "holder"),
        (first, "signatory"),
        (first, "beneficial_owner"),
        (second, "beneficial_owner"),
        opening=220_000,
        branch="suedtor",
    )
    stage.tie(first, company, "owns", 100, since=-150, until=-31)
    stage.tie(first, company, "owns", 50, since=-30)
    stage.expects(company, 14_000, 11_000, 25, "transfer")
    stage.tie(second, company, "owns", 50, since=-30)
    stage.tie(first, company, "controls", since=-150)
    reviewed = -12
    stage.changes(
        company,
        reviewed,
        risk_rating="high",
        risk_reason="Reviewed as owners changed: a politically exposed person holds half. Contracts requested.",
        risk_since=stage.date(reviewed).isoformat(),
    )
    senders = [
        stage.stranger(name, country=country, kind="organisation", bank=f"Example Bank {country}")
        for name, country in (("Meridian Works Ltd", "CY"), ("Pelagia Shipping SA", "PA"))
    ]
    builder = stage.stranger(
        "Marina Heights Development LLC", country="AE", kind="organisation", bank="Example Bank AE"
    )
    day = stage.open_day(stage.start(40))
    for number in range(stage.rng.randrange(5, 7)):
        amount = stage.minor(34_000, 96_000, 100_000)
        stage.pay(
            account,
            senders[number % 2],
            amount,
            day=day,
            hour=stage.rng.uniform(8.2, 16.0),
            direction=IN,
            channel="wire",
            method="wire",
            memo=f"Consulting agreement {number + 1}",
        )
        stage.pay(
            account,
            builder,
            round(amount * 0.96 / 50_000) * 50_000,
            day=stage.open_day(day + 1),
            hour=stage.rng.uniform(9.1, 15.6),
            channel="wire",
            method="wire",
            memo=f"Unit 14-02, instalment {number + 1}",
        )
        day = stage.open_day(day + stage.rng.randrange(4, 10))


STORY: Final = Story(
    "shell",
    "A shell with two owners",
    SOUTHGATE,
    "rapid_in_out",
    "confirmed",
    "An advisory firm that pays no wages, no rent and no tax. Half a year ago one person owned it; now a former deputy "
    "minister holds the other half, and the bank has rated the firm high since. Large round sums come from two "
    "companies in other countries “for consulting” and go the next day to a developer of flats.",
    play,
    size=40_000,
)
