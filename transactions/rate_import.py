"""A file of exchange rates through `exchange_rates_add`, batch by batch: what the command and the admin share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from finobs.accounts.models import User

from .choices import RateStatus
from .files import FileLayout, RowFile
from .services import MAX_BATCH_SIZE, exchange_rates_add


@dataclass(slots=True)
class RateImportReport:
    """What an import came to. refusals: row number, reason, detail and fields of each refused row."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    batches: list[int] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    layout: FileLayout | None = None

    def as_json(self) -> dict[str, Any]:
        names = ("received", *RateStatus.values, "batches", "refusals")
        layout = self.layout.as_json() if self.layout else {}
        return {name: getattr(self, name) for name in names} | {"layout": layout}


def import_rates(
    *, actor: User, file: RowFile, file_name: str, batch_size: int = MAX_BATCH_SIZE,
    progress: Callable[[int], Any] = lambda _: None,
) -> RateImportReport:  # fmt: skip
    """Add all rates of a file; each batch is a transaction of its own, and running it again takes none twice."""
    report = RateImportReport(layout=file.layout)
    while rows := list(islice(file.rows, batch_size)):
        batch = exchange_rates_add(
            actor=actor, rows=rows, file_name=file_name, first_row=report.received + 1
        ).batch  # fmt: skip
        for name in ("received", *RateStatus.values):
            setattr(report, name, getattr(report, name) + getattr(batch, name))
        report.batches.append(batch.pk)
        report.refusals += batch.refusals
        progress(len(rows))
    return report
