"""The rows, day by day: ordinary spending, what comes every month, and the episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from finobs.core.clock import DAY, HOUR

from .typologies import TYPOLOGIES, EpisodeContext, Move
from .world import (
    CATEGORIES,
    FAVOURITES,
    Accounts,
    Terminals,
    account_name,
    country_of,
    currency_of,
    make_accounts,
    make_terminals,
    terminal_name,
)  # fmt: skip

GENERATED_FIELDS = (
    "external_id", "account", "counterparty", "occurred_at", "amount", "currency", "direction", "channel", "country",
    "memo", "is_suspicious", "typology", "label_known_at",
)  # fmt: skip
# Of all rows.
SUSPICIOUS_SHARE = 0.006
MAX_MONTHLY_SHARE = 0.3
# A chargeback or a report comes later than the act.
LABEL_DELAY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is generated: the same plan gives the same rows. `end` is the day after the last one."""

    size: int
    accounts: int
    days: int
    seed: int
    end: date

    @property
    def first(self) -> datetime:
        return datetime(self.end.year, self.end.month, self.end.day, tzinfo=UTC) - timedelta(days=self.days)


def generate(plan: Plan) -> Iterator[dict[str, str | None]]:
    """Exactly `plan.size` rows in the order of time, as the fields of an ingested row with their labels."""
    rng = np.random.default_rng(plan.seed)
    terminals = make_terminals(rng, plan.accounts)
    accounts = make_accounts(rng, plan.accounts, terminals)
    episodes = _episodes(EpisodeContext(rng, accounts, terminals, plan.days), plan)
    payers = _payers(plan, accounts)
    special = [_monthly(plan, accounts, payers, day) + episodes[day] for day in range(plan.days)]
    ordinary = rng.multinomial(max(0, plan.size - sum(map(len, special))), _weights(plan))
    number = 0
    for day in range(plan.days):
        moves = special[day] + _spending(rng, plan, accounts, terminals, day, int(ordinary[day]))
        for move in sorted(moves, key=lambda move: (move.second, move.account, move.amount_minor)):
            if number == plan.size:
                return
            number += 1
            yield _row(plan, accounts, move, number)


def _row(plan: Plan, accounts: Accounts, move: Move, number: int) -> dict[str, str | None]:
    at = plan.first + timedelta(seconds=move.second)
    home = int(accounts.home[move.account])
    return {
        "external_id": f"G{plan.seed}-{number:08d}",
        "account": account_name(move.account),
        "counterparty": move.counterparty,
        "occurred_at": f"{at:%Y-%m-%dT%H:%M:%S}Z",
        "amount": f"{move.amount_minor // 100}.{move.amount_minor % 100:02d}",
        "currency": currency_of(home),
        "direction": move.direction,
        "channel": move.channel,
        "country": move.country or country_of(home),
        "memo": move.memo,
        "is_suspicious": "true" if move.typology else "false",
        "typology": move.typology,
        "label_known_at": f"{at + LABEL_DELAY:%Y-%m-%dT%H:%M:%S}Z",
    }


def _weights(plan: Plan) -> list[float]:
    """Fridays and Saturdays are busier, Sundays quieter."""
    weekday = [1.0, 0.95, 0.95, 1.0, 1.2, 1.3, 0.8]
    weights = [weekday[(plan.first + timedelta(days=day)).weekday()] for day in range(plan.days)]
    return [weight / sum(weights) for weight in weights]


def _episodes(context: EpisodeContext, plan: Plan) -> dict[int, list[Move]]:
    """Episodes of every typology in turn, until their share of the rows is reached."""
    moves: dict[int, list[Move]] = defaultdict(list)
    left, turn = int(plan.size * SUSPICIOUS_SHARE), 0
    while left > 0:
        episode = TYPOLOGIES[turn % len(TYPOLOGIES)]
        for move in episode(context):
            if move.second < plan.days * DAY:
                moves[move.second // DAY].append(replace(move, typology=episode.__name__))
                left -= 1
        turn += 1
    return moves


def _payers(plan: Plan, accounts: Accounts) -> list[int]:
    """Whose salary, rent and bills there are: all who are awake, or as many as leave room for spending."""
    room = plan.size * MAX_MONTHLY_SHARE / max(1.0, plan.days / 30 * 3)
    return [int(account) for account in accounts.active_accounts[: int(room)]]


def _monthly(plan: Plan, accounts: Accounts, payers: list[int], day: int) -> list[Move]:
    """Salary in the morning, rent at noon, bills in the afternoon, each on its own day of the month."""
    today, at = (plan.first + timedelta(days=day)).day, day * DAY
    moves = []
    for account in payers:
        spread = account * 37 % 7200
        if accounts.salary_day[account] == today:
            amount, employer = int(accounts.salary[account]), f"EMPLOYER-{account % 40 + 1:02d}"
            moves.append(Move(at + 6 * HOUR + spread, account, employer, amount, "in", "transfer", memo="salary"))
        if accounts.rent_day[account] == today:
            amount, landlord = int(accounts.rent[account]), f"LANDLORD-{account % 120 + 1:03d}"
            moves.append(Move(at + 11 * HOUR + spread, account, landlord, amount, memo="rent"))
        if accounts.bill_day[account] == today:
            amount, utility = int(accounts.bill[account]), f"UTILITY-{account % 12 + 1:02d}"
            moves.append(Move(at + 15 * HOUR + spread, account, utility, amount, channel="direct_debit", memo="bill"))
    return moves


def _spending(
    rng: np.random.Generator, plan: Plan, accounts: Accounts, terminals: Terminals, day: int, count: int
) -> list[Move]:
    """A day's purchases: by each account's own activity, hours, favourites and level."""
    weekend = (plan.first + timedelta(days=day)).weekday() >= 5
    weights = accounts.active * (accounts.weekend if weekend else 1.0)
    who = rng.choice(len(accounts), count, p=weights / weights.sum())
    seconds = (rng.normal(accounts.hour[who], accounts.hours[who]) * HOUR).astype(np.int64) % DAY
    rank = rng.geometric(0.3, count).clip(1, FAVOURITES) - 1
    elsewhere = rng.random(count) < 0.07
    where = np.where(elsewhere, rng.integers(0, len(terminals), count), accounts.favourites[who, rank])
    category = terminals.category[where]
    usual = np.array([row[3] for row in CATEGORIES])[category]
    spread = np.array([row[4] for row in CATEGORIES])[category]
    boost = np.where(rng.random(count) < 0.0004, rng.uniform(60, 260, count), 1.0)  # a car, a kitchen: rare, honest
    minor = (np.exp(rng.normal(0.0, 1.0, count) * spread) * usual * accounts.level[who] * boost * 100).astype(np.int64)
    minor = np.where(category == len(CATEGORIES) - 1, (minor // 2000 + 1) * 2000, minor).clip(50)
    refund = rng.random(count) < 0.008
    channels = [row[1] for row in CATEGORIES]
    columns = zip(
        seconds.tolist(), who.tolist(), where.tolist(), minor.tolist(), category.tolist(), refund.tolist(), strict=True
    )
    return [
        Move(
            day * DAY + second, account, terminal_name(terminal), amount, "in" if back else "out", channels[kind],
            str(terminals.country[terminal]), "refund" if back else "",
        )
        for second, account, terminal, amount, kind, back in columns
    ]  # fmt: skip
