"""Files of transactions, read in bounded memory: a bad row becomes a fault with its bytes, never an end."""

from __future__ import annotations

from typing import BinaryIO

from finobs.core.errors import Invalid

from ..amounts import is_below_zero
from ..identifiers import is_nothing
from ..mappings import Mapping
from ..row_faults import quoted
from .csv import csv_rows
from .parquet import parquet_rows
from .row_file import RowFile

__all__ = ["RowFile", "open_rows"]


def open_rows(stream: BinaryIO, name: str, mapping: Mapping, delimiter: str = ",") -> RowFile:
    """Rows of a CSV or Parquet file. Raises Invalid for a file that cannot be read, or that lacks columns.

    And for one of finobs's own format with amounts below zero and no direction: then its other amounts have a sign too,
    and to take them as `out`, as the format says, would be wrong.
    """
    if mapping.is_own_format:
        _refuse_signed(_open(stream, name, mapping, delimiter))
        stream.seek(0)
    return _open(stream, name, mapping, delimiter)


def _open(stream: BinaryIO, name: str, mapping: Mapping, delimiter: str) -> RowFile:
    if name.lower().endswith((".parquet", ".pq")):
        return parquet_rows(stream, mapping)
    return csv_rows(stream, mapping, delimiter)


def _refuse_signed(file: RowFile) -> None:
    for number, row in enumerate(file.rows, 1):
        value = row.fields.get("amount")
        if isinstance(value, str) and is_below_zero(value) and is_nothing(row.fields.get("direction")):
            raise Invalid(
                f"Row {number:,} has the amount {quoted(value)} and no direction: the amounts of this file have signs, "
                "and nothing says what they mean. Give it a mapping whose amount has a “sign” (“negative is out” or "
                "“negative is in”), or a column direction. Nothing was taken in."
            )
