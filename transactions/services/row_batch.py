"""What batches of transactions and of labels share: their size, and what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import TextChoices

from finobs.core.errors import Invalid, TooLarge

from ..choices import RowStatus
from ..models import Batch, RowBatch
from ..row_validation import RawRow

MAX_BATCH_SIZE = 10_000


@dataclass(slots=True)
class BatchRowResult:
    """What became of one row."""

    row_number: int
    external_id: str
    status: TextChoices
    transaction_id: int | None = None
    reason: str = ""
    detail: str = ""


B = TypeVar("B", bound=RowBatch)
R = TypeVar("R", bound=BatchRowResult)


# Without slots: Python 3.11 cannot make an instance of a frozen, generic dataclass that has them.
@dataclass(frozen=True)
class BatchResult(Generic[B, R]):
    """A batch, and what became of each of its rows, in their order."""

    batch: B
    rows: list[R]


def set_counts(batch: Batch, results: Iterable[BatchRowResult]) -> None:
    """Say on a batch how many of its rows became what."""
    statuses = Counter(result.status for result in results)
    for status in RowStatus:
        setattr(batch, status.value, statuses[status])


def batch_event(batch: Batch) -> dict[str, Any]:
    """What the event of a batch says: how many rows became what, whence they came, and the root over them."""
    counts = {name: getattr(batch, name) for name in ("received", *RowStatus.values)}
    return counts | {
        "source": batch.source.slug, "method": str(batch.method), "file": batch.file_name,
        "first_row": batch.first_row, "root": bytes(batch.root or b"").hex(),
    }  # fmt: skip


def check_size(rows: Sequence[RawRow]) -> None:
    """Raise Invalid for no rows, TooLarge for more than one batch takes."""
    if not rows:
        raise Invalid("There are no rows.")
    if len(rows) > MAX_BATCH_SIZE:
        raise TooLarge(f"{len(rows):,} rows are more than one batch takes ({MAX_BATCH_SIZE:,}).")
