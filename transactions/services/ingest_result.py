"""What became of a batch of transactions, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..choices import RowStatus
from ..models import Batch
from .labels import LabelsAddResult
from .row_batch import BatchResult, BatchRowResult


@dataclass(slots=True)
class RowResult(BatchRowResult):
    """With the answer to its transaction, where it was accepted: `outcome` is approve, review or block."""

    status: RowStatus
    account_id: int | None = None
    outcome: str = ""
    score: float | None = None
    alert_id: int | None = None
    quarantined_row_id: int | None = None
    evidence: Any = None


@dataclass(frozen=True)
class IngestResult(BatchResult[Batch, RowResult]):
    """A batch of transactions, and what became of its rows.

    labels: what became of labels that rows brought for transactions which were in already. They are a batch of labels
    of their own, added once this one has committed.
    """

    labels: list[LabelsAddResult] = field(default_factory=list)
