"""Quarantined rows by reason, and as a CSV file: corrected in a spreadsheet, it is imported again as `finobs`.

What then comes in under the same id settles the row that waits here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet

from .attributes import ATTRIBUTE_PREFIX
from .choices import QuarantineReason, RecordKind
from .models import QuarantinedRow, Source
from .quarantine_format import ABOUT, ROW_COLUMNS, escaped
from .records.kinds import definition_of


def quarantine_reasons(rows: QuerySet[QuarantinedRow]) -> list[tuple[QuarantineReason, int]]:
    """How many of these rows are held back for each reason, the most frequent first."""
    counted = rows.order_by().values_list("reason").annotate(number=Count("id")).order_by("-number", "reason")
    return [(QuarantineReason(reason), number) for reason, number in counted]


class _Echo:
    """csv writes into it; each line is handed back at once."""

    def write(self, line: str) -> str:
        return line


def quarantine_lines(rows: QuerySet[QuarantinedRow], kind: str = "") -> Iterator[str]:
    """The lines of the file, the header first, with a byte order mark so that spreadsheets read UTF-8.

    kind: of the rows, for each has columns of its own; transactions if it is not said.
    """
    writer, kind = csv.writer(_Echo()), kind or RecordKind.TRANSACTION
    rows = rows.filter(kind=kind)
    names = _columns(rows) if kind == RecordKind.TRANSACTION else [*definition_of(kind).names]
    yield "\ufeff" + str(writer.writerow([*names, *ABOUT]))
    for row in rows.order_by("id").iterator(chunk_size=500):
        about = (row.batch_id, row.row_number, row.get_state_display(), row.get_reason_display(), row.detail)
        yield str(writer.writerow([_cell(value) for value in (*(row.fields.get(name) for name in names), *about)]))


def _columns(rows: QuerySet[QuarantinedRow]) -> list[str]:
    """Those of every transaction, and what the sources of these rows declare."""
    declarations = Source.objects.filter(pk__in=rows.order_by().values("source")).values_list("attributes", flat=True)
    attributes = {f"{ATTRIBUTE_PREFIX}{name}" for attributes in declarations for name in attributes}
    return [*ROW_COLUMNS, *sorted(attributes)]


def _cell(value: Any) -> str:
    return "" if value is None else escaped(str(value))
