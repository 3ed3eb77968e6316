"""Files of transactions, read in bounded memory: a bad row becomes a fault with its bytes, never an end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ..mappings import Mapping
from ..row_validation import RawRow


@dataclass(frozen=True, slots=True)
class RowFile:
    """The rows of a file, and how many there are about (blank lines and lines within quotes count too)."""

    rows: Iterator[RawRow]
    total: int


def open_rows(stream: BinaryIO, name: str, mapping: Mapping, delimiter: str = ",") -> RowFile:
    """Rows of a CSV or Parquet file. Raises Invalid for a file that cannot be read, or that lacks columns."""
    if name.lower().endswith((".parquet", ".pq")):
        from .parquet import parquet_rows

        return parquet_rows(stream, mapping)
    from .csv import csv_rows

    return csv_rows(stream, mapping, delimiter)
