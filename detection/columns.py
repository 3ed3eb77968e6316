"""A batch of transactions as columns: built once, read by every rule and every feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from transactions.models import Transaction

# What rules and features may look at. Training reads exactly these from the database.
FIELDS = ("amount_minor", "currency", "occurred_at", "direction")


@dataclass(frozen=True, slots=True)
class Columns:
    """One list for each field, in the order of the rows. Amounts are whole minor units, times are aware."""

    amount_minor: Sequence[int]
    currency: Sequence[str]
    occurred_at: Sequence[datetime]
    direction: Sequence[str]

    def __len__(self) -> int:
        return len(self.amount_minor)


def of_transactions(transactions: Sequence[Transaction]) -> Columns:
    return Columns(*([getattr(row, name) for row in transactions] for name in FIELDS))


def of_values(values: Sequence[tuple[Any, ...]]) -> Columns:
    """Rows of `values_list(*FIELDS)`."""
    return Columns(*(list(column) for column in zip(*values, strict=True))) if values else Columns([], [], [], [])


def of_snapshot(snapshot: Mapping[str, Any]) -> Columns:
    """The one transaction that an alert's snapshot holds."""
    row = snapshot["transaction"]
    return Columns(
        [int(row["amount_minor"])], [row["currency"]], [datetime.fromisoformat(row["occurred_at"])], [row["direction"]]
    )
