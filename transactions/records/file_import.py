"""A whole file of records through `records_add`, batch by batch: what the command and the admin's upload share."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from finobs.accounts.models import User
from finobs.core.collector import rare_collection

from ..choices import IngestMethod, QuarantineReason, RowStatus
from ..file_import import ImportTotals, file_batches, next_batch
from ..files import FileLayout, RowFile
from ..models import Source
from ..read_ahead import ReadAhead
from ..services import MAX_BATCH_SIZE
from ..services.ingest import require_ingest
from .services import RecordsAddResult, records_add


@dataclass(slots=True)
class RecordImportReport(ImportTotals):
    """What an import of records came to. reasons: of rows held back, by their names."""

    quarantined: int = 0
    already_quarantined: int = 0
    seconds: float = 0.0
    rows_per_second: float = 0.0
    layout: FileLayout | None = None
    reasons: Counter[str] = field(default_factory=Counter)

    def add_result(self, result: RecordsAddResult) -> None:
        self.add(result.batch, "quarantined", "already_quarantined")
        statuses = (RowStatus.QUARANTINED, RowStatus.ALREADY_QUARANTINED)
        self.reasons.update(QuarantineReason(row.reason).label for row in result.rows if row.status in statuses)

    def as_json(self) -> dict[str, Any]:
        names = (
            "received", "accepted", "duplicate", "quarantined", "already_quarantined", "batches", "seconds",
            "rows_per_second",
        )  # fmt: skip
        layout = self.layout.as_json() if self.layout else {}
        return {name: getattr(self, name) for name in names} | {"reasons": dict(self.reasons), "layout": layout}


def import_records(
    *,
    actor: User,
    source: Source,
    kind: str,
    file: RowFile,
    method: IngestMethod,
    file_name: str,
    batch_size: int = MAX_BATCH_SIZE,
    progress: Callable[[int], Any] = lambda _: None,
) -> RecordImportReport:
    """Bring all rows of a file in. Each batch is a transaction of its own; running it again takes nothing twice.

    Raises Invalid for a file that is broken further on, saying how much of it is in.
    """
    require_ingest(actor, source)
    report, started_at = RecordImportReport(layout=file.layout), time.perf_counter()
    with rare_collection(), ReadAhead(file_batches(file, batch_size)) as batches:
        while batch := next_batch(batches, report.received):
            rows, layout = batch
            batches.start()
            result = records_add(
                actor=actor, source=source, kind=kind, rows=rows, method=method, file_name=file_name,
                first_row=report.received + 1, layout=layout,
            )  # fmt: skip
            report.add_result(result)
            progress(len(rows))
    report.seconds = round(time.perf_counter() - started_at, 3)
    report.rows_per_second = round(report.received / report.seconds, 1) if report.seconds else 0.0
    return report
