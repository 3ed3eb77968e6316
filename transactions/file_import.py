"""A whole file through `ingest` or `labels_add`, batch by batch: what commands and the admin's upload share."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction

from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.collector import rare_collection
from finobs.core.errors import Invalid

from . import hooks
from .choices import IngestMethod, QuarantineReason, RowStatus
from .files import FileLayout, RowFile
from .import_cache import ImportCache
from .models import RowBatch, Source
from .read_ahead import ReadAhead
from .row_validation import RawRow, RowReader
from .services import MAX_BATCH_SIZE, IngestResult, ingest, labels_add
from .services.ingest import require_ingest

# The rows of one batch, and how the file was read up to there.
FileBatch = tuple[list[RawRow], dict[str, Any]]
# Makes the source that an import is for.
SourceMaker = Callable[[], Source]


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
    """What an import came to: `alerts` of its own transactions, and `cases` that these alerts opened.

    labels: taken (new or corrected) for transactions that were in already. reasons: of rows held back, by their names.
    """

    quarantined: int = 0
    already_quarantined: int = 0
    labels: int = 0
    labels_refused: int = 0
    alerts: int = 0
    incidents: int = 0
    seconds: float = 0.0
    rows_per_second: float = 0.0
    layout: FileLayout | None = None
    reasons: Counter[str] = field(default_factory=Counter)

    def add_result(self, result: IngestResult) -> None:
        """Add what a batch came to."""
        self.add(result.batch, "quarantined", "already_quarantined")
        statuses = (RowStatus.QUARANTINED, RowStatus.ALREADY_QUARANTINED)
        self.reasons.update(QuarantineReason(row.reason).label for row in result.rows if row.status in statuses)
        for labels in result.labels:
            self.labels += labels.batch.accepted + labels.batch.corrected
            self.labels_refused += labels.batch.refused

    def as_json(self) -> dict[str, Any]:
        names = (
            "received", "accepted", "duplicate", "quarantined", "already_quarantined", "labels", "labels_refused",
            "alerts", "incidents", "seconds", "rows_per_second",
        )  # fmt: skip
        layout = self.layout.as_json() if self.layout else {}
        return {name: getattr(self, name) for name in names} | {"reasons": dict(self.reasons), "layout": layout}


def import_file(
    *,
    actor: User,
    source: Source | SourceMaker,
    file: RowFile,
    method: IngestMethod,
    file_name: str,
    batch_size: int = MAX_BATCH_SIZE,
    progress: Callable[[int], Any] = lambda _: None,
    receive: Callable[[IngestResult], Any] = lambda _: None,
) -> ImportReport:
    """Ingest all rows of a file. Each batch is a transaction of its own; running it again accepts nothing twice.

    receive: called with what became of each batch, in its transaction.

    source: that there is, or what makes it, in the transaction of the first batch: a refused import leaves none behind.
    Raises Invalid, before anything is made, where no row could be taken for want of a currency; and for a file that is
    broken further on, saying how much of it is in.
    """
    report, cache, started_at = ImportReport(layout=file.layout), ImportCache(), time.perf_counter()
    first = _refuse_beforehand(actor, source, file)
    hooks.prepare()
    with rare_collection(), ReadAhead(_rows_read(file_batches(file, batch_size), first, cache)) as batches:
        while batch := next_batch(batches, report.received):
            rows, layout = batch
            with transaction.atomic():
                source = source if isinstance(source, Source) else source()
                result = ingest(
                    actor=actor, source=source, rows=rows, method=method, file_name=file_name,
                    first_row=report.received + 1, layout=layout, cache=cache,
                )  # fmt: skip
                receive(result)
                batches.start()
            # After the commit: only then is known what became of labels for transactions that were in already.
            report.add_result(result)
            progress(len(rows))
            hooks.prepare()
    counts = hooks.counts(report.batches)
    report.alerts, report.incidents = (counts.get(name, 0) for name in ("alerts", "incidents"))
    report.seconds = round(time.perf_counter() - started_at, 3)
    report.rows_per_second = round(report.received / report.seconds, 1) if report.seconds else 0.0
    return report


def _refuse_beforehand(actor: User, source: Source | SourceMaker, file: RowFile) -> Source:
    """Raise what the first batch would be refused with, before anything is made for it. The source as it will be."""
    with transaction.atomic():
        source = source if isinstance(source, Source) else source()
        require_ingest(actor, source)
        # Made to see whether it can be; the first batch makes it again, with its rows.
        transaction.set_rollback(True)
    if file.fields is not None and "currency" not in file.fields and not source.default_currency:
        raise Invalid(
            "No row could be taken: neither the file, nor the mapping, nor the source names a currency. Map one "
            '("currency": {"value": "EUR"}), or give the source a default currency.'
        )
    return source


@dataclass(slots=True)
class LabelImportReport(ImportTotals):
    """`refusals`: row number, id, reason and detail of each refused row."""

    corrected: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    layout: FileLayout | None = None

    def as_json(self) -> dict[str, Any]:
        names = ("received", "accepted", "duplicate", "batches", "corrected", "refused", "refusals")
        layout = self.layout.as_json() if self.layout else {}
        return {name: getattr(self, name) for name in names} | {"layout": layout}


def import_labels(
    *, actor: User, source: Source, file: RowFile, file_name: str, batch_size: int = MAX_BATCH_SIZE,
    progress: Callable[[int], Any] = lambda _: None,
) -> LabelImportReport:  # fmt: skip
    """Add all labels of a file, batch by batch; running it again takes none twice."""
    report = LabelImportReport(layout=file.layout)
    for rows, _ in file_batches(file, batch_size):
        batch = labels_add(
            actor=actor, source=source, rows=rows, file_name=file_name, first_row=report.received + 1
        ).batch
        report.add(batch, "corrected", "refused")
        report.refusals += batch.refusals
        progress(len(rows))
    return report


def file_batches(file: RowFile, size: int) -> Iterator[FileBatch]:
    """The rows of a file in lots of `size`, each with how the file was read up to there."""
    while rows := list(islice(file.rows, size)):
        # As it is known now: reading on may add to it.
        yield rows, file.layout.as_json()


def _rows_read(batches: Iterator[FileBatch], source: Source, cache: ImportCache) -> Iterator[FileBatch]:
    """The same batches, their rows read: while the batch before waits for the database, there is time for it."""
    for rows, layout in batches:
        RowReader.of(source, clock.now(), cache.texts).read_ahead(rows)
        yield rows, layout


def next_batch(batches: ReadAhead[FileBatch], received: int) -> FileBatch | None:
    """The next lot, None at the end. Raises Invalid for a file that is broken, saying how much of it is in."""
    try:
        return batches.next()
    except Invalid as error:
        if received:
            raise Invalid(f"{error.detail} The {received:,} rows before that are in.") from None
        raise
