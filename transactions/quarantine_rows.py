"""Quarantined rows by reason, and as a CSV file: corrected in a spreadsheet, it is imported again as `finobs`.

What then comes in under the same id settles the row that waits here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet

from .choices import QuarantineReason
from .models import QuarantinedRow
from .quarantine_format import ABOUT, ROW_COLUMNS, escaped


def quarantine_reasons(rows: QuerySet[QuarantinedRow]) -> list[tuple[QuarantineReason, int]]:
    """How many of these rows are held back for each reason, the most frequent first."""
    counted = rows.order_by().values_list("reason").annotate(number=Count("id")).order_by("-number", "reason")
    return [(QuarantineReason(reason), number) for reason, number in counted]


class _Echo:
    """csv writes into it; each line is handed back at once."""

    def write(self, line: str) -> str:
        return line


def quarantine_lines(rows: QuerySet[QuarantinedRow]) -> Iterator[str]:
    """The lines of the file, the header first, with a byte order mark so that spreadsheets read UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow([*ROW_COLUMNS, *ABOUT]))
    for row in rows.order_by("id").iterator(chunk_size=500):
        about = (row.batch_id, row.row_number, row.get_state_display(), row.get_reason_display(), row.detail)
        yield str(
            writer.writerow([_cell(value) for value in (*(row.fields.get(name) for name in ROW_COLUMNS), *about)])
        )


def _cell(value: Any) -> str:
    return "" if value is None else escaped(str(value))
