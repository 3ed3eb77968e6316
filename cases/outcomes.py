"""What people concluded, for detection to learn from: the transactions of cases closed as confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from detection.labels import NAMES, NEVER, among, listed, moment
from detection.models import Alert
from transactions.models import Transaction

from .choices import Disposition, Status
from .models import Case, Gathering


def confirmed(accounts: Sequence[int], counterparties: Sequence[int], since: datetime) -> tuple[str, list[Any]]:
    """A statement, and its values, for the transactions of these after `since` in cases closed as confirmed
    suspicious; known since the closing. Twice one transaction does no harm.

    They are told to every transaction that occurred after the closing, whatever its id: nobody can close a case at a
    moment that is over, so what was decided before the closing occurred before it. The exception is what is dated ahead
    (at most a day, as ingestion allows) and was decided before the closing: described again, it is told of it.
    """
    values: list[Any] = []
    for asked in (accounts, counterparties):
        values += [listed(asked), Status.CLOSED.value, Disposition.CONFIRMED.value, moment(since)]
    return f"{_arm('a.account_id')} UNION ALL {_arm('t.counterparty_id')}", values


def _arm(column: str) -> str:
    return (
        f"SELECT {NAMES}, c.closed_at, 0, {NEVER} FROM {Alert._meta.db_table} a "  # noqa: S608
        f"JOIN {Transaction._meta.db_table} t ON t.id = a.transaction_id "
        f"JOIN {Gathering._meta.db_table} g ON g.alert_id = a.id JOIN {Case._meta.db_table} c ON c.id = g.case_id "
        f"WHERE {column} {among()} AND c.status = %s AND c.disposition = %s AND c.closed_at IS NOT NULL "
        f"AND t.occurred_at > %s"
    )
