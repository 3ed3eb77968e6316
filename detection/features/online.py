"""The definition of account-1's statistics: one range query for each entity of a transaction gives all its windows.

Windows are (t - w, t]; before the transaction are rows that came in before it (a smaller id) and occurred until t, of
the same currency. Where rows come in the order in which they occur, that is the order (occurred_at, id).
The same statements run on PostgreSQL and SQLite, over the indexes by account and by counterparty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import OperationalError, connection

from finobs.core import money
from finobs.core.db.dialect import aware_time, database_time, table_of
from transactions.models import Transaction

from .account import ROUND_TO
from .definition import HORIZON, LABEL_DELAY_DAYS, LOW_BITS, MAX_AMOUNT, MAX_SUM, MAX_WINDOW, RISK_WINDOWS, WINDOWS

MICROSECOND = timedelta(microseconds=1)
HALF = 32  # bits
SQUARES = {"account": (7, 30), "counterparty": (30,)}


def statistics(
    row: Transaction, confirmed: Sequence[tuple[int | None, int | None, datetime, datetime]], before: int | None = None
) -> dict[str, int]:
    """The whole numbers of one transaction's history.

    `confirmed`: (account, counterparty, occurred_at, known_at) of suspicious transactions in its currency.
    `before`: look back from once all lesser ids are in: what came in late is before it by (occurred_at, id).
    """
    return history(row, before) | confirmed_counts(row, confirmed)


def confirmed_counts(
    row: Transaction, confirmed: Sequence[tuple[int | None, int | None, datetime, datetime]]
) -> dict[str, int]:
    """Those that come from what was confirmed. `confirmed`: as of `statistics`."""
    counts = _frauds("account", 0, row, row.account_id, confirmed, (7, 30))
    if row.counterparty_id is None:
        return counts | {f"counterparty_frauds_{days}": 0 for days in RISK_WINDOWS}
    return counts | _frauds("counterparty", 1, row, row.counterparty_id, confirmed, RISK_WINDOWS)


def history(row: Transaction, before: int | None = None) -> dict[str, int]:
    """The others: all entities of a row in one statement, one range query beside the other. `before`: as of
    `statistics`."""
    entities = ("account",) if row.counterparty_id is None else ("account", "counterparty")
    parameters = {
        "account": row.account_id, "currency": row.currency, "id": row.pk, "before": before,
        "t": database_time(row.occurred_at),
        "round": ROUND_TO * 10 ** money.exponent(row.currency), "counterparty": row.counterparty_id,
        "country": row.country,
    }  # fmt: skip
    parameters |= {f"t{days}": database_time(row.occurred_at - timedelta(days=days)) for days in _cuts()}
    try:
        values = _read(_statement(entities, before is not None), parameters)
    except OperationalError as error:
        if "integer overflow" not in str(error):
            raise
        values = _read(_statement(entities, before is not None, in_halves=True), parameters)
    since = {f"{each}_since": _since(row.occurred_at, values.pop(f"{each}_last")) for each in entities}
    numbers = {name: min(_whole(value), MAX_SUM) for name, value in values.items()} | since
    return numbers if row.counterparty_id is not None else numbers | _no_counterparty()


def _read(statement: tuple[tuple[str, ...], str], parameters: dict[str, Any]) -> dict[str, Any]:
    names, sql = statement
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return dict(zip(names, cursor.fetchone(), strict=True))


def _whole(value: Any) -> int:
    if not isinstance(value, str):
        return int(value)
    high, low = value.split()
    return (int(high) << HALF) + int(low)


@cache
def _cuts() -> tuple[int, ...]:
    return tuple(
        sorted({*WINDOWS, *RISK_WINDOWS, LABEL_DELAY_DAYS, *(LABEL_DELAY_DAYS + days for days in RISK_WINDOWS)})
    )


@cache
def _statement(entities: tuple[str, ...], again: bool, in_halves: bool = False) -> tuple[tuple[str, ...], str]:
    """Names of the values, and the statement that gives them: whole numbers, and the moment of the last one before.

    `in_halves`: sums as text, high and low half of each: SQLite refuses a sum of more than 64 bits.
    """
    names = [name for entity in entities for name in (*dict(_columns(entity)), f"{entity}_last")]
    parts = ", ".join(f"({_range(entity, again, in_halves)}) AS of_{entity}" for entity in entities)
    return tuple(names), f"SELECT * FROM {parts}"  # noqa: S608


def _range(entity: str, again: bool, in_halves: bool) -> str:
    """Short names inside: a driver keeps what it has understood of a statement only up to some length."""
    listed = ", ".join(f"{column} AS {name}" for name, column in _columns(entity, in_halves))
    cut = f"CASE WHEN amount_minor > {MAX_AMOUNT} THEN {MAX_AMOUNT} ELSE amount_minor END"
    earlier = "id < %(before)s AND (occurred_at < %(t)s OR id < %(id)s)" if again else "id < %(id)s"
    return (
        f"SELECT {listed}, MAX(t) FILTER (WHERE t > %(t{MAX_WINDOW})s) AS {entity}_last FROM ("  # noqa: S608
        f"SELECT occurred_at AS t, amount_minor AS a, counterparty_id AS c, country AS l, ({cut}) >> {LOW_BITS} AS h, "
        f"({cut}) & {(1 << LOW_BITS) - 1} AS w FROM {table_of(Transaction)} WHERE {entity}_id = %({entity})s "
        f"AND occurred_at > %(t{HORIZON})s AND occurred_at <= %(t)s AND currency = %(currency)s AND {earlier}) r"
    )


def _columns(entity: str, in_halves: bool = False) -> Iterator[tuple[str, str]]:
    """Over t (when), a (amount), c (counterparty), l (country); h and w are the high and low part of the amount."""
    for days in WINDOWS:
        yield f"{entity}_count_{days}", _count(f"t > %(t{days})s")
        yield f"{entity}_sum_{days}", _sum("a", days, in_halves)
    for days in SQUARES[entity]:
        for part, value in (("hh", "h * h"), ("hl", "h * w"), ("ll", "w * w")):
            yield f"{entity}_{part}_{days}", _sum(value, days, in_halves)
    if entity == "counterparty":
        for days in RISK_WINDOWS:
            yield (
                f"counterparty_mature_{days}",
                _count(f"t > %(t{LABEL_DELAY_DAYS + days})s AND t <= %(t{LABEL_DELAY_DAYS})s"),
            )
        return
    recent = f"t > %(t{MAX_WINDOW})s"
    yield "account_round_30", _count(f"{recent} AND a %% %(round)s = 0")
    yield "pair_count_30", _count(f"{recent} AND c = %(counterparty)s")
    yield "country_count_30", _count(f"{recent} AND l = %(country)s")


def _count(condition: str) -> str:
    return f"COUNT(*) FILTER (WHERE {condition})"


def _sum(value: str, days: int, in_halves: bool) -> str:
    if in_halves:
        high, low = f"({value}) >> {HALF}", f"({value}) & {(1 << HALF) - 1}"
        return f"{_sum(high, days, False)} || ' ' || {_sum(low, days, False)}"
    return f"COALESCE(SUM({value}) FILTER (WHERE t > %(t{days})s), 0)"


def _no_counterparty() -> dict[str, int]:
    """Of a transaction without a counterparty."""
    names = dict(_columns("counterparty"))
    return dict.fromkeys(names, 0) | {"counterparty_since": -1}


def _frauds(
    entity: str,
    at: int,
    row: Transaction,
    key: int,
    confirmed: Sequence[tuple[int | None, int | None, datetime, datetime]],
    windows: Sequence[int],
) -> dict[str, int]:
    """Known in (t - w, t], of transactions that occurred in (t - 37 days, t)."""
    t = row.occurred_at
    moments = [
        each[3] for each in confirmed if each[at] == key and t - timedelta(days=HORIZON) < each[2] < t and each[3] <= t
    ]
    return {f"{entity}_frauds_{days}": sum(moment > t - timedelta(days=days) for moment in moments) for days in windows}


def _since(t: datetime, last: Any) -> int:
    if last is None:
        return -1
    return (t - aware_time(last)) // MICROSECOND
