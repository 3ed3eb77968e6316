"""A whole file through `ingest` or `labels_add`, batch by batch: what commands and the admin's upload share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from finobs.accounts.models import User

from . import hooks
from .choices import IngestMethod
from .files import RowFile
from .models import RowBatch, Source
from .row_validation import RawRow
from .services import MAX_BATCH_SIZE, ingest, labels_add


@dataclass(slots=True)
class ImportTotals:
    """What an import came to, over its batches."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    batches: list[int] = field(default_factory=list)

    def add(self, batch: RowBatch, *counts: str) -> None:
        """Add what `batch` counted, under `counts` too."""
        for name in ("received", "accepted", "duplicate", *counts):
            setattr(self, name, getattr(self, name) + getattr(batch, name))
        self.batches.append(batch.pk)


@dataclass(slots=True)
class ImportReport(ImportTotals):
    """What an import came to: `alerts` of its own transactions, and `cases` that these alerts opened."""

    quarantined: int = 0
    alerts: int = 0
    cases: int = 0
    seconds: float = 0.0
    rows_per_second: float = 0.0

    def as_json(self) -> dict[str, Any]:
        names = ("received", "accepted", "duplicate", "quarantined", "alerts", "cases", "seconds", "rows_per_second")
        return {name: getattr(self, name) for name in names}


def import_file(
    *,
    actor: User,
    source: Source,
    file: RowFile,
    method: IngestMethod,
    file_name: str,
    batch_size: int = MAX_BATCH_SIZE,
    progress: Callable[[int], Any] = lambda _: None,
) -> ImportReport:
    """Ingest all rows of a file. Each batch is a transaction of its own; running it again accepts nothing twice."""
    report, started_at = ImportReport(), time.perf_counter()
    hooks.prepare()
    for rows in _batches(file.rows, batch_size):
        batch = ingest(
            actor=actor, source=source, rows=rows, method=method, file_name=file_name, first_row=report.received + 1
        ).batch
        report.add(batch, "quarantined")
        progress(len(rows))
        hooks.prepare()
    counts = hooks.counts(report.batches)
    report.alerts, report.cases = (counts.get(name, 0) for name in ("alerts", "cases"))
    report.seconds = round(time.perf_counter() - started_at, 3)
    report.rows_per_second = round(report.received / report.seconds, 1) if report.seconds else 0.0
    return report


@dataclass(slots=True)
class LabelImportReport(ImportTotals):
    """`refusals`: row number, id, reason and detail of each refused row."""

    corrected: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)


def import_labels(
    *, actor: User, source: Source, file: RowFile, file_name: str, batch_size: int = MAX_BATCH_SIZE,
    progress: Callable[[int], Any] = lambda _: None,
) -> LabelImportReport:  # fmt: skip
    """Add all labels of a file, batch by batch; running it again takes none twice."""
    report = LabelImportReport()
    for rows in _batches(file.rows, batch_size):
        batch = labels_add(
            actor=actor, source=source, rows=rows, file_name=file_name, first_row=report.received + 1
        ).batch
        report.add(batch, "corrected", "refused")
        report.refusals += batch.refusals
        progress(len(rows))
    return report


def _batches(rows: Iterator[RawRow], size: int) -> Iterator[list[RawRow]]:
    while batch := list(islice(rows, size)):
        yield batch
