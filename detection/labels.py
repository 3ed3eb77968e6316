"""What is known to be suspicious: labels that came in, and what people concluded on cases, each since it was known.

A transaction is confirmed once anybody said that it was suspicious; the earliest such moment counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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


def confirmed(accounts: Sequence[int] | None, counterparties: Sequence[int] | None, since: datetime) -> list[Confirmed]:
    """What occurred after `since` on any of these (None and None: on any) and was confirmed by anybody, whenever."""
    found: dict[int, Confirmed] = {}
    for each in (*_labelled(accounts, counterparties, since), *hooks.confirmed(accounts, counterparties, since)):
        known = found.get(each.transaction_id)
        if known is None or each.known_at < known.known_at:
            found[each.transaction_id] = each
    return list(found.values())


def _labelled(
    accounts: Sequence[int] | None, counterparties: Sequence[int] | None, since: datetime
) -> Iterable[Confirmed]:
    names = ", ".join(f"t.{name}" for name in ("id", "account_id", "counterparty_id", "currency", "occurred_at"))
    sql = (
        f"SELECT {names}, l.known_at FROM {Transaction._meta.db_table} t JOIN {Label._meta.db_table} l "  # noqa: S608
        f"ON l.transaction_id = t.id WHERE l.is_suspicious AND t.occurred_at > %s"
    )
    given = [moment(since)]
    if accounts is not None or counterparties is not None:
        sql += f" AND (t.account_id {among()} OR t.counterparty_id {among()})"
        given += [listed(accounts or ()), listed(counterparties or ())]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        for pk, account, other, currency, occurred, known in cursor.fetchall():
            yield Confirmed(pk, account, other, currency, _aware(occurred), _aware(known))


def among() -> str:
    """The condition "is one of these", for any number of them in one parameter, written by `listed`."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)"
    return "IN (SELECT value FROM json_each(%s))"


def listed(values: Sequence[int]) -> Any:
    return list(values) if connection.vendor == "postgresql" else json.dumps(list(values))


def moment(at: datetime) -> Any:
    """As the database keeps it: SQLite has times as text without an offset."""
    return at if connection.vendor == "postgresql" else str(at.astimezone(UTC).replace(tzinfo=None))


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
