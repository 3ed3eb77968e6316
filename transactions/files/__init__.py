"""Files of transactions, read in bounded memory: a bad row becomes a fault with its bytes, never an end."""

from __future__ import annotations

from itertools import chain
from typing import BinaryIO

from finobs.core.errors import Invalid

from ..mappings import Mapping
from .csv import HEAD_BYTES, CsvOptions, csv_rows
from .encoding import encoding_of
from .foreign import refuse_foreign
from .parquet import PARQUET_MAGIC, parquet_rows
from .row_file import FileLayout, RowFile

__all__ = ["CsvOptions", "FileLayout", "RowFile", "open_rows"]


def open_rows(stream: BinaryIO, name: str, mapping: Mapping, options: CsvOptions | None = None) -> RowFile:
    """Rows of a CSV or Parquet file, of which there is at least one.

    Raises Invalid for a file of another format, one without rows, one that lacks columns or has two of one name, and
    for options that it has no use for. What it raises names the file's own trouble and what to do.
    """
    options = options or CsvOptions()
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if name.lower().endswith((".parquet", ".pq")) or head.startswith(PARQUET_MAGIC):
        if options != CsvOptions():
            raise Invalid("A Parquet file has no delimiter, no encoding and no header line: leave those options out.")
        return _with_rows(parquet_rows(stream, mapping))
    encoding = encoding_of(head, options.encoding)
    text = head[encoding.mark :].decode(encoding.codec, "replace") if encoding.is_wide else ""
    if not (text or head[encoding.mark :].decode("latin-1")).strip():
        raise Invalid("The file is empty: there is not even a header line.")
    refuse_foreign(text.encode() or head[encoding.mark :])
    return _with_rows(csv_rows(stream, mapping, options))


def _with_rows(file: RowFile) -> RowFile:
    first = next(file.rows, None)
    if first is None:
        raise Invalid("The file has a header and no rows below it: there is nothing to bring in.")
    return RowFile(chain([first], file.rows), file.total, file.layout, file.fields)
