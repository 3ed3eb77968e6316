"""What is known to be suspicious: labels from outside, and those of what people concluded, each since it was known.

A transaction is confirmed once anybody said that it was suspicious; the earliest such moment counts. A label that came
weeks later names an earlier moment: so that nobody is told what finobs did not know, it counts for transactions only
that came in after it, and, once it was corrected, for none that came in after the correction. A conclusion is known
from the moment it was reached, to whatever occurs after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.db import connection

from transactions.models import Label, PastLabel, Transaction

NEVER: Final = 1 << 62  # no transaction has such an id


class Confirmation(NamedTuple):
    """A transaction known to be suspicious since `known_at`; told to transactions with ids from `after` to `until`."""

    transaction_id: int
    account_id: int
    counterparty_id: int | None
    currency: str
    occurred_at: datetime
    known_at: datetime
    after: int = 0
    until: int = NEVER

    def told(self, before: int) -> bool:
        """Is it known to a transaction that sees all ids less than that?"""
        return self.after < before <= self.until


TRANSACTION_COLUMNS = ", ".join(
    f"t.{name}" for name in ("id", "account_id", "counterparty_id", "currency", "occurred_at")
)


def confirmations_of(
    accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime
) -> list[Confirmation]:
    """What occurred after `since` on any of these and was confirmed by anybody, whenever they did. None: any account.

    In one statement: a single decision has time for few round trips.
    """
    found: dict[int, list[Confirmation]] = {}
    with connection.cursor() as cursor:
        cursor.execute(*_statement(accounts, counterparties, since))
        for pk, account, other, currency, occurred, known, after, until in cursor.fetchall():
            each = Confirmation(pk, account, other, currency, _aware(occurred), _aware(known), after, until)
            found.setdefault(pk, []).append(each)
    return [each for said in found.values() for each in (said if len(said) == 1 else _earliest(said))]


def _earliest(said: Sequence[Confirmation]) -> Iterator[Confirmation]:
    """Whoever is told several of them counts the earliest: the same as stretches of ids that do not overlap."""
    edges = sorted({each.after for each in said} | {each.until for each in said})
    for after, until in pairwise(edges):
        if told := [each for each in said if each.after <= after and until <= each.until]:
            yield min(told, key=lambda each: each.known_at)._replace(after=after, until=until)


def _statement(accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime) -> tuple[str, list[Any]]:
    """Labels of any origin as they stand, and as they stood before they were corrected; one half by account, one by
    counterparty: each is served by its index."""
    arms, values = [], []
    for column, asked in (("account_id", accounts), ("counterparty_id", counterparties)):
        condition, value = any_of(f"t.{column}", asked)
        for model, until in ((Label, NEVER), (PastLabel, "l.replaced_after")):
            arms.append(
                f"SELECT {TRANSACTION_COLUMNS}, l.known_at, l.watermark, {until} FROM {Transaction._meta.db_table} t "  # noqa: S608
                f"JOIN {model._meta.db_table} l ON l.transaction_id = t.id "
                f"WHERE l.is_suspicious AND {condition} AND t.occurred_at > %s"
            )
            values += [value, database_time(since)]
    return " UNION ALL ".join(arms), values


def any_of(column: str, values: Sequence[int] | None) -> tuple[str, Any]:
    """The condition "column is one of these" (None: any), for any number of them in one parameter.

    One alone is asked for as one: PostgreSQL keeps a plan for that, and plans anew for a list. It hashes a long list
    only if it is of the column's own type: else it walks the list for each row (8 s instead of 0.1 s, measured with
    12,000 ids over 350,000 rows).
    """
    if values is None:
        return f"{column} > %s", 0  # ids begin at 1
    if len(values) == 1:
        return f"{column} = %s", values[0]
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])", list(values)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(values))  # noqa: S608


def database_time(at: datetime) -> Any:
    """As the database keeps it: SQLite has times as text without an offset."""
    return at if _takes_times() else str(at.astimezone(UTC).replace(tzinfo=None))


@cache
def _takes_times() -> bool:
    """Asked once: a decision has dozens of moments."""
    return bool(connection.vendor == "postgresql")


def _aware(at: Any) -> datetime:
    """Raw SQL gives times as text on SQLite where no column of a table stands behind them."""
    read: datetime = datetime.fromisoformat(at) if isinstance(at, str) else at
    return read if read.tzinfo else read.replace(tzinfo=UTC)
