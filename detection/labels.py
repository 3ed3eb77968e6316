"""What is known to be suspicious: labels that came in, and what people concluded on cases, each since it was known.

A transaction is confirmed once anybody said that it was suspicious; the earliest such moment counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from transactions.models import Label, Transaction

from . import hooks


class Confirmed(NamedTuple):
    """A transaction known to be suspicious since `known_at`."""

    transaction_id: int
    account_id: int
    counterparty_id: int | None
    currency: str
    occurred_at: datetime
    known_at: datetime


NAMES = ", ".join(f"t.{name}" for name in ("id", "account_id", "counterparty_id", "currency", "occurred_at"))


def confirmed(accounts: Sequence[int], counterparties: Sequence[int], since: datetime) -> list[Confirmed]:
    """What occurred after `since` on any of these and was confirmed by anybody, whenever they did.

    In one statement: a single decision has time for few round trips.
    """
    asked = [_labelled(accounts, counterparties, since), *hooks.confirmed(accounts, counterparties, since)]
    found: dict[int, Confirmed] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(sql for sql, _ in asked), [each for _, values in asked for each in values])
        for pk, account, other, currency, occurred, known_at in cursor.fetchall():
            each = Confirmed(pk, account, other, currency, _aware(occurred), _aware(known_at))
            known = found.get(each.transaction_id)
            if known is None or each.known_at < known.known_at:
                found[each.transaction_id] = each
    return list(found.values())


def _labelled(accounts: Sequence[int], counterparties: Sequence[int], since: datetime) -> tuple[str, list[Any]]:
    """One half by account, one by counterparty: each is served by its index."""
    arms, values = [], []
    for column, asked in (("account_id", accounts), ("counterparty_id", counterparties)):
        condition, value = among(f"t.{column}", asked)
        arms.append(
            f"SELECT {NAMES}, l.known_at FROM {Transaction._meta.db_table} t JOIN {Label._meta.db_table} l "  # noqa: S608
            f"ON l.transaction_id = t.id WHERE l.is_suspicious AND {condition} AND t.occurred_at > %s"
        )
        values += [value, moment(since)]
    return " UNION ALL ".join(arms), values


def among(column: str, values: Sequence[int]) -> tuple[str, Any]:
    """The condition "column is one of these", for any number of them in one parameter.

    One alone is asked for as one: PostgreSQL keeps a plan for that, and plans anew for a list.
    """
    if len(values) == 1:
        return f"{column} = %s", values[0]
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", list(values)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(values))  # noqa: S608


def moment(at: datetime) -> Any:
    """As the database keeps it: SQLite has times as text without an offset."""
    return at if connection.vendor == "postgresql" else str(at.astimezone(UTC).replace(tzinfo=None))


def _aware(at: Any) -> datetime:
    """Raw SQL gives times as text on SQLite where no column of a table stands behind them."""
    read: datetime = datetime.fromisoformat(at) if isinstance(at, str) else at
    return read if read.tzinfo else read.replace(tzinfo=UTC)
