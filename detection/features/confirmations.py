"""What is known to be suspicious: labels from outside, and those of what people concluded, each since it was known.

A transaction is confirmed once anybody said that it was suspicious; the earliest such moment counts. A label that came
weeks later names an earlier moment: so that nobody is told what finobs did not know, it counts for transactions only
that came in after it, and, once it was corrected, for none that came in after the correction. A conclusion is known
from the moment it was reached, to whatever occurs after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.db import connection

from finobs.core.db.dialect import any_of, aware_time, database_time, table_of
from transactions.models import Label, PastLabel, Transaction

NEVER: Final = 1 << 62  # no transaction has such an id


class Confirmation(NamedTuple):
    """A transaction known to be suspicious since `known_at`; visible to those with ids above `visible_after`, up to
    `visible_until`."""

    transaction_id: int
    account_id: int
    counterparty_id: int | None
    currency: str
    occurred_at: datetime
    known_at: datetime
    visible_after: int = 0
    visible_until: int = NEVER

    def visible_to(self, before: int) -> bool:
        """Does it count for a transaction that sees all ids less than that?"""
        return self.visible_after < before <= self.visible_until


TRANSACTION_COLUMNS = ", ".join(
    f"t.{name}" for name in ("id", "account_id", "counterparty_id", "currency", "occurred_at")
)


def confirmations_of(
    accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime
) -> list[Confirmation]:
    """What occurred after `since` on any of these and was confirmed by anybody, whenever they did. None: any account.

    In one statement: a single decision has time for few round trips.
    """
    by_transaction: dict[int, list[Confirmation]] = {}
    with connection.cursor() as cursor:
        cursor.execute(*_statement(accounts, counterparties, since))
        for *entities, occurred_at, known_at, after, until in cursor.fetchall():
            each = Confirmation._make((*entities, aware_time(occurred_at), aware_time(known_at), after, until))
            by_transaction.setdefault(each.transaction_id, []).append(each)
    return [each for own in by_transaction.values() for each in (own if len(own) == 1 else _earliest(own))]


def _earliest(confirmations: Sequence[Confirmation]) -> Iterator[Confirmation]:
    """Who sees several of them counts the earliest: the same as stretches of ids that do not overlap."""
    edges = sorted({each.visible_after for each in confirmations} | {each.visible_until for each in confirmations})
    for low, high in pairwise(edges):
        if visible := [each for each in confirmations if each.visible_after <= low and high <= each.visible_until]:
            yield min(visible, key=lambda each: each.known_at)._replace(visible_after=low, visible_until=high)


def _statement(accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime) -> tuple[str, list[Any]]:
    """Labels of any origin as they stand, and as they stood before they were corrected; one half by account, one by
    counterparty: each is served by its index."""
    arms, values = [], []
    for column, entities in (("account_id", accounts), ("counterparty_id", counterparties)):
        condition, value = (f"t.{column} > %s", 0) if entities is None else any_of(f"t.{column}", entities)
        for model, until in ((Label, NEVER), (PastLabel, "l.replaced_after")):
            arms.append(
                f"SELECT {TRANSACTION_COLUMNS}, l.known_at, l.watermark, {until} FROM {table_of(Transaction)} t "  # noqa: S608
                f"JOIN {table_of(model)} l ON l.transaction_id = t.id "
                f"WHERE l.is_suspicious AND {condition} AND t.occurred_at > %s"
            )
            values += [value, database_time(since)]
    return " UNION ALL ".join(arms), values
