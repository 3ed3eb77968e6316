"""What people concluded, for detection to learn from: the transactions of cases closed as confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from detection.labels import Confirmed

from .choices import Disposition, Status
from .models import Gathering

# Beyond so many, all that was confirmed is fewer than what would be asked for.
FEW = 200


def confirmed(
    accounts: Sequence[int] | None, counterparties: Sequence[int] | None, since: datetime
) -> Iterable[Confirmed]:
    """Of these (None and None: of any), transactions after `since` in cases closed as confirmed suspicious; known
    since the closing."""
    rows = Gathering.objects.filter(
        case__status=Status.CLOSED, case__disposition=Disposition.CONFIRMED, case__closed_at__isnull=False,
        alert__transaction__occurred_at__gt=since,
    )  # fmt: skip
    names = ("pk", "account_id", "counterparty_id", "currency", "occurred_at")
    columns = (*(f"alert__transaction__{name}" for name in names), "case__closed_at")
    if accounts is None and counterparties is None:
        return map(Confirmed._make, rows.values_list(*columns))
    return _among(rows, columns, accounts or (), counterparties or ())


def _among(
    rows: QuerySet[Gathering], columns: Sequence[str], accounts: Sequence[int], counterparties: Sequence[int]
) -> Iterable[Confirmed]:
    if len(accounts) + len(counterparties) <= FEW:
        of = Q(alert__account_id__in=accounts) | Q(alert__transaction__counterparty_id__in=counterparties)
        rows = rows.filter(of)
    wanted = (set(accounts), set(counterparties))
    for each in rows.values_list(*columns):
        found = Confirmed(*each)
        if found.account_id in wanted[0] or found.counterparty_id in wanted[1]:
            yield found
