"""Files of transactions, read in bounded memory: a bad row becomes a fault with its bytes, never an end."""

from __future__ import annotations

from itertools import chain
from typing import BinaryIO

from finobs.core.errors import Invalid

from ..amounts import is_below_zero
from ..mappings import Mapping
from ..row_faults import quoted
from .csv import HEAD_BYTES, CsvOptions, csv_rows
from .encoding import encoding_of
from .foreign import refuse_foreign
from .parquet import PARQUET_MAGIC, parquet_rows
from .row_file import FileLayout, RowFile

__all__ = ["CsvOptions", "FileLayout", "RowFile", "open_rows"]


def open_rows(stream: BinaryIO, name: str, mapping: Mapping, options: CsvOptions | None = None) -> RowFile:
    """Rows of a CSV or Parquet file, of which there is at least one.

    Raises Invalid for a file of another format, one without rows, one that lacks columns or has two of one name, and
    for options that it has no use for. And for one of finobs's own format with amounts below zero and no direction:
    then its other amounts have a sign too, and to take them as `out`, as the format says, would be wrong.
    """
    options = options or CsvOptions()
    if mapping.is_own_format and "amount" in mapping.sources:
        _refuse_signed(_open(stream, name, mapping, options))
        stream.seek(0)
    return _open(stream, name, mapping, options)


def _open(stream: BinaryIO, name: str, mapping: Mapping, options: CsvOptions) -> RowFile:
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
    refuse_foreign(text.lstrip("\ufeff").encode() or head[encoding.mark :])
    return _with_rows(csv_rows(stream, mapping, options))


def _with_rows(file: RowFile) -> RowFile:
    first = next(file.rows, None)
    if first is None:
        raise Invalid("The file has a header and no rows below it: there is nothing to bring in.")
    return RowFile(chain([first], file.rows), file.total, file.layout, file.fields)


def _refuse_signed(file: RowFile) -> None:
    if file.fields and "direction" in file.fields:
        return
    for number, row in enumerate(file.rows, 1):
        value = row.fields.get("amount")
        if isinstance(value, str) and is_below_zero(value):
            raise Invalid(
                f"Row {number:,} has the amount {quoted(value)} and no direction: the amounts of this file have signs, "
                "and nothing says what they mean. Give it a mapping whose amount has a “sign” (“negative is out” or "
                "“negative is in”), or a column direction. Nothing was taken in."
            )
