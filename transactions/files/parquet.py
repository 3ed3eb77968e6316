"""Parquet, in record batches: a file of any size in little memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, BinaryIO

from finobs.core.errors import Invalid

from ..amounts import NumberText
from ..choices import QuarantineReason
from ..columns import RowFields, fit_to_header
from ..mappings import Mapping
from ..row_validation import RawRow, RowFault
from .row_file import FileLayout, RowFile

PARQUET_MAGIC = b"PAR1"
ROWS_PER_RECORD_BATCH = 10_000
# What one record batch may unpack to: fifty kilobytes on disk can say the same megabyte ten thousand times.
MAX_UNPACKED_BYTES = 256 * 1024 * 1024


def parquet_rows(stream: BinaryIO, mapping: Mapping) -> RowFile:
    """Rows of a Parquet file. Raises Invalid for another kind of file, or one that lacks columns.

    So does reading its rows, for a file that is broken further on, or that unpacks to more than a file of
    transactions can be.
    """
    from pyarrow import types
    from pyarrow.parquet import ParquetFile

    with _readable():
        file = ParquetFile(stream)
        fit = fit_to_header(mapping, file.schema_arrow.names)
        kinds = {name: file.schema_arrow.field(name).type for name in fit.mapping.columns}
    for name, kind in kinds.items():
        if types.is_nested(kind):
            raise Invalid(f"Column {name} holds {kind}; a field is one text, number, date or time.")
    texts = [name for name, kind in kinds.items() if _is_text(kind)]
    with _readable():
        # Text stays in the dictionary that the file holds it in: a word is unpacked once, not once a row.
        file = ParquetFile(stream, read_dictionary=texts)
    layout = FileLayout("Parquet", unused_columns=fit.unused)
    fields = RowFields(replace(fit, names=fit.mapping.columns))
    rows = _rows(file, fit.mapping.columns, fields)
    return RowFile(rows, file.metadata.num_rows, layout, frozenset(fit.mapping.sources))


@contextmanager
def _readable() -> Iterator[None]:
    """Whatever a broken file makes of the reader is one answer: the file cannot be read."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        reason = str(error).strip().splitlines()[:1]
        raise Invalid(f"The file is not readable Parquet: {''.join(reason)[:200]}.") from None


def _rows(file: Any, columns: list[str], fields: RowFields) -> Iterator[RawRow]:
    batches = file.iter_batches(ROWS_PER_RECORD_BATCH, columns=columns)
    while (batch := _next(batches)) is not None:
        # Without a column (all of it fixed values) there are rows all the same.
        values = zip(*(_values(batch.column(name)) for name in columns), strict=True) if columns else [()] * len(batch)
        for row in values:
            yield _row(fields.read(row), fields.translate)


def _next(batches: Iterator[Any]) -> Any:
    with _readable():
        batch: Any = next(batches, None)
        unpacked = 0 if batch is None else sum(_unpacked(column) for column in batch.columns)
    # SEC-5: a small file must not fill the memory.
    if unpacked > MAX_UNPACKED_BYTES:
        raise Invalid(f"{batch.num_rows:,} rows of the file unpack to {unpacked:,} bytes: these are no transactions.")
    return batch


def _unpacked(column: Any) -> int:
    """Bytes of a column's text, each row with its own copy."""
    from pyarrow import compute, types

    if types.is_dictionary(column.type) and _is_text(column.type.value_type):
        lengths = compute.binary_length(column.dictionary)
        return int(compute.sum(compute.cast(lengths.take(column.indices), "int64")).as_py() or 0)
    return 0


def _row(fields: dict[str, Any], translate: Callable[[dict[str, Any]], RowFault | None]) -> RawRow:
    broken = [name for name, value in fields.items() if isinstance(value, bytes)]
    if not broken:
        columns = dict(fields)
        return RawRow(fields, b"", translate(fields), columns)
    readable = {name: value.decode("utf-8", "replace") if name in broken else value for name, value in fields.items()}
    raw = json.dumps({name: value.hex() if name in broken else str(value) for name, value in fields.items()})
    return RawRow(readable, raw.encode(), RowFault(QuarantineReason.ENCODING, f"{', '.join(broken)}: not valid UTF-8."))


def _values(column: Any) -> list[Any]:
    """Text, datetimes and truth values as they are, else the text of the exact value; bytes where no text is."""
    import pyarrow
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        texts_by_index = _values(column.dictionary)
        return [None if index is None else texts_by_index[index] for index in column.indices.to_pylist()]
    if types.is_timestamp(kind):
        return _exact(column.cast(pyarrow.timestamp("us", tz=kind.tz), safe=False))
    if types.is_boolean(kind):
        return list(column.to_pylist())
    if types.is_floating(kind):
        return _floats(column)
    if types.is_integer(kind) or types.is_decimal(kind):
        return [text and NumberText(text) for text in column.cast(pyarrow.string()).to_pylist()]
    if _is_text(kind):
        return [_decoded(value) for value in column.cast(pyarrow.large_binary()).to_pylist()]
    return [value if value is None else _plain(value) for value in _exact(column)]


def _plain(value: Any) -> Any:
    """A date at its midnight, whatever format the mapping says of text; bytes as their text; all else as text."""
    if isinstance(value, bytes):
        return _decoded(value)
    return datetime.combine(value, time()) if type(value) is date else str(value)


def _floats(column: Any) -> list[NumberText | None]:
    """Whole numbers without fraction or exponent, others as the shortest text that is this number."""
    import pyarrow

    max_exact = 2 ** {16: 11, 32: 24, 64: 53}[column.type.bit_width]
    texts = column.cast(pyarrow.string()).to_pylist()
    return [
        None if value is None
        else NumberText.of(str(int(value)) if value.is_integer() and abs(value) < 1e18 else text, max_exact)
        for value, text in zip(column.to_pylist(), texts, strict=True)
    ]  # fmt: skip


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return any(is_kind(kind) for is_kind in (types.is_string, types.is_large_string, types.is_binary,
                                             types.is_large_binary))  # fmt: skip


def _exact(column: Any) -> list[Any]:
    """Python values; where one is beyond any calendar, its number, which the validator refuses for that row alone."""
    import pyarrow

    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pyarrow.ArrowException):
        return [_exactly(value) for value in column]


def _exactly(value: Any) -> Any:
    import pyarrow

    try:
        return value.as_py()
    except (ValueError, OverflowError, pyarrow.ArrowException):
        return str(value.value)


def _decoded(value: bytes | None) -> str | bytes | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
