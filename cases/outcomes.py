"""What people concluded, for detection to learn from and to be judged by: the transactions of closed cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Case as Choose
from django.db.models import F, Q, QuerySet, Value, When

from detection.labels import Confirmed

from .choices import Disposition, Status
from .models import Gathering

# Beyond so many, all that was confirmed is fewer than what would be asked for.
FEW = 200


def confirmed(accounts: Sequence[int], counterparties: Sequence[int], since: datetime) -> Iterable[Confirmed]:
    """Of these, transactions after `since` in cases closed as confirmed suspicious; known since the closing."""
    rows = Gathering.objects.filter(
        case__status=Status.CLOSED, case__disposition=Disposition.CONFIRMED, case__closed_at__isnull=False,
        alert__transaction__occurred_at__gt=since,
    )  # fmt: skip
    names = ("pk", "account_id", "counterparty_id", "currency", "occurred_at")
    columns = (*(f"alert__transaction__{name}" for name in names), "case__closed_at")
    if len(accounts) + len(counterparties) <= FEW:
        of = Q(alert__account_id__in=accounts) | Q(alert__transaction__counterparty_id__in=counterparties)
        rows = rows.filter(of)
    wanted = (set(accounts), set(counterparties))
    for each in rows.values_list(*columns):
        found = Confirmed(*each)
        if found.account_id in wanted[0] or found.counterparty_id in wanted[1]:
            yield found


def dispositions() -> QuerySet[Gathering]:
    """Each transaction of a closed case with what was concluded of it: confirmed suspicious, or anything else.

    Rows have `transaction_id`, `occurred_at`, `is_suspicious` and `known_at`. An alert is in one case, a transaction
    has one alert: so each transaction is there once.
    """
    closed = Gathering.objects.filter(case__status=Status.CLOSED, case__closed_at__isnull=False)
    return closed.annotate(
        transaction_id=F("alert__transaction_id"), occurred_at=F("alert__transaction__occurred_at"),
        is_suspicious=Choose(When(case__disposition=Disposition.CONFIRMED, then=Value(True)), default=Value(False)),
        known_at=F("case__closed_at"),
    )  # fmt: skip
