"""What people concluded, for detection to learn from and to be judged by: the transactions of closed cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case as Choose
from django.db.models import F, QuerySet, Value, When

from detection.features.confirmations import NEVER, TRANSACTION_COLUMNS, any_of, database_time
from detection.models import Alert
from transactions.models import Transaction

from .choices import CaseStatus, Disposition
from .models import Case, CaseAlert


def confirmed(accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime) -> tuple[str, list[Any]]:
    """A statement, and its values, for the transactions of these (None: any account) after `since` in cases closed as
    confirmed suspicious; known since the closing. Twice one transaction does no harm.

    They are told to every transaction that occurred after the closing, whatever its id: nobody can close a case at a
    moment that is over, so what was decided before the closing occurred before it. The exception is what is dated ahead
    (at most a day, as ingestion allows) and was decided before the closing: described again, it is told of it.
    """
    arms, values = [], []
    for column, asked in (("a.account_id", accounts), ("t.counterparty_id", counterparties)):
        condition, value = any_of(column, asked)
        arms.append(f"{_CONFIRMED} AND {condition} AND t.occurred_at > %s")
        values += [CaseStatus.CLOSED.value, Disposition.CONFIRMED.value, value, database_time(since)]
    return " UNION ALL ".join(arms), values


_CONFIRMED = (
    f"SELECT {TRANSACTION_COLUMNS}, c.closed_at, 0, {NEVER} FROM {Alert._meta.db_table} a "  # noqa: S608
    f"JOIN {Transaction._meta.db_table} t ON t.id = a.transaction_id "
    f"JOIN {CaseAlert._meta.db_table} g ON g.alert_id = a.id JOIN {Case._meta.db_table} c ON c.id = g.case_id "
    f"WHERE c.status = %s AND c.disposition = %s AND c.closed_at IS NOT NULL"
)


def dispositions() -> QuerySet[CaseAlert]:
    """Each transaction of a closed case with what was concluded of it: confirmed suspicious, or anything else.

    Rows have `transaction_id`, `occurred_at`, `is_suspicious` and `known_at`. An alert is in one case, a transaction
    has one alert: so each transaction is there once.
    """
    closed = CaseAlert.objects.filter(case__status=CaseStatus.CLOSED, case__closed_at__isnull=False)
    return closed.annotate(
        transaction_id=F("alert__transaction_id"), occurred_at=F("alert__transaction__occurred_at"),
        is_suspicious=Choose(When(case__disposition=Disposition.CONFIRMED, then=Value(True)), default=Value(False)),
        known_at=F("case__closed_at"),
    )  # fmt: skip
