"""What was said of an account over time, from the history of its details."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, Final, NamedTuple

from finobs.core.identity import attach_history_users

from .models import Account, AccountDetails

MAX_CHANGES: Final = 50
ACCOUNT_CHANGE_FIELDS: Final = ("name", "kind", "currency", "status", "opened_on", "closed_on")


class FieldChange(NamedTuple):
    """A field by its label, and its values in words."""

    label: str
    before: str
    after: str


def account_changes(account: Account) -> list[tuple[Any, list[FieldChange]]]:
    """The newest 50 rows of the history of its details, newest first, each with what it changed. A constant number of
    queries. For an account that whoever asks may see."""
    history: Any = AccountDetails.history.filter(account=account.pk)
    rows = list(history.order_by("-history_date", "-history_id")[: MAX_CHANGES + 1])
    attach_history_users(rows)
    return [(after, _differences(before, after)) for after, before in zip_longest(rows, rows[1:])][:MAX_CHANGES]


def _differences(before: Any, after: Any) -> list[FieldChange]:
    changes = []
    for name in ACCOUNT_CHANGE_FIELDS:
        old, new = ("" if row is None else _word(row, name) for row in (before, after))
        if old != new:
            label = str(AccountDetails._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
            changes.append(FieldChange(label, old, new))
    return changes


def _word(row: Any, name: str) -> str:
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    return "" if value is None else str(value)
