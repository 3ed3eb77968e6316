"""Decisions on request: `ingest`, and what it kept read back. There is no second way to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finobs.accounts.models import User
from transactions.choices import IngestMethod
from transactions.models import Source
from transactions.services import IngestResult, RawRow, RowResult, ingest

from ..pipeline.batch_assessment import AssessmentContext
from . import selectors
from .answer import fresh_decision


@dataclass(frozen=True, slots=True)
class Decisions:
    """What came in, and the decision on each transaction by its id. A row in quarantine has none."""

    ingested: IngestResult
    by_transaction: dict[int, dict[str, Any]]

    def on(self, row: RowResult) -> dict[str, Any] | None:
        return None if row.transaction_id is None else self.by_transaction[row.transaction_id]


def decision_make(*, actor: User, source: Source, rows: Sequence[RawRow]) -> Decisions:
    """Take 1 to 10,000 transactions in and answer with what was decided; a known one with what was decided then.

    Who may: `transaction:create`, with a grant to feed the unit of `source`. Records what `ingest` and `assess` record,
    and nothing of its own. Raises as `ingest` does.
    """
    done = ingest(actor=actor, source=source, rows=rows, method=IngestMethod.REST)
    fresh = {
        row.transaction_id: fresh_decision(row, source, done.batch.pk, row.evidence)
        for row in done.rows
        if row.transaction_id is not None and isinstance(row.evidence, AssessmentContext)
    }
    fresh = selectors.for_reader(actor, fresh)
    earlier = {row.transaction_id for row in done.rows if row.transaction_id is not None} - fresh.keys()
    return Decisions(done, fresh | selectors.decisions_of(actor, earlier) if earlier else fresh)
