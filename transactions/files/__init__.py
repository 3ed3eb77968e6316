"""Files of transactions, read in bounded memory: a bad row becomes a fault with its bytes, never an end."""

from __future__ import annotations

from typing import BinaryIO

from ..mappings import Mapping
from .csv import csv_rows
from .parquet import parquet_rows
from .row_file import RowFile

__all__ = ["RowFile", "open_rows"]


def open_rows(stream: BinaryIO, name: str, mapping: Mapping, delimiter: str = ",") -> RowFile:
    """Rows of a CSV or Parquet file. Raises Invalid for a file that cannot be read, or that lacks columns."""
    if name.lower().endswith((".parquet", ".pq")):
        return parquet_rows(stream, mapping)
    return csv_rows(stream, mapping, delimiter)
