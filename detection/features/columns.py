"""A batch of transactions as columns: built once, read by every rule and every feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from transactions.attributes import attribute_texts
from transactions.models import Transaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What rules and features may look at. Training reads exactly these from the database.
FIELDS = ("amount_minor", "currency", "occurred_at", "direction")


@dataclass(frozen=True, slots=True)
class Columns:
    """One list for each field, in the order of the rows. Amounts are whole minor units, times are aware."""

    amount_minor: Sequence[int]
    currency: Sequence[str]
    occurred_at: Sequence[datetime]
    direction: Sequence[str]
    history: dict[str, NDArray[np.int64]] | None = None  # whole-number statistics of what was before each row
    attributes: Sequence[Mapping[str, str] | None] = ()  # of each row, by name, as text in its one form

    def __len__(self) -> int:
        return len(self.amount_minor)


def of_transactions(
    transactions: Sequence[Transaction], history: dict[str, NDArray[np.int64]] | None = None
) -> Columns:
    amounts, currencies, moments, directions = ([getattr(row, name) for row in transactions] for name in FIELDS)
    return Columns(amounts, currencies, moments, directions, history)


def with_attributes(columns: Columns, transactions: Sequence[Transaction]) -> Columns:
    """The same rows with their attributes, which rules alone look at: training does not read them."""
    return replace(columns, attributes=[attribute_texts(row.attributes) for row in transactions])


def of_snapshot(snapshot: Mapping[str, Any]) -> Columns:
    """The one transaction that an alert's snapshot holds."""
    row, history = snapshot["transaction"], snapshot.get("history")
    return Columns(
        [int(row["amount_minor"])], [row["currency"]], [datetime.fromisoformat(row["occurred_at"])], [row["direction"]],
        _history(history) if history else None, [row.get("attributes")],
    )  # fmt: skip


def _history(texts: Mapping[str, str]) -> dict[str, NDArray[np.int64]]:
    import numpy as np

    return {name: np.array([int(value)], dtype=np.int64) for name, value in texts.items()}
