"""Parquet, in record batches: a file of any size in little memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from finobs.core.errors import Invalid

from ..choices import Reason
from ..mappings import Mapping, fitted
from ..rows import RawRow, RowFault
from . import RowFile

ROWS_AT_ONCE = 10_000


def parquet_rows(stream: BinaryIO, mapping: Mapping) -> RowFile:
    """Rows of a Parquet file. Raises Invalid for another kind of file, or one that lacks columns."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(stream)
    except pyarrow.ArrowException as error:
        raise Invalid(f"The file is not readable Parquet: {error}.") from None
    fit = fitted(mapping, file.schema_arrow.names)
    return RowFile(_rows(file, fit), file.metadata.num_rows)


def _rows(file: Any, mapping: Mapping) -> Iterator[RawRow]:
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=mapping.columns):
        columns = {name: _values(batch.column(name)) for name in mapping.columns}
        for fields in mapping.rows(columns, batch.num_rows):
            yield _row(fields)


def _row(fields: dict[str, Any]) -> RawRow:
    broken = [name for name, value in fields.items() if isinstance(value, bytes)]
    if not broken:
        return RawRow(fields)
    readable = {name: value.decode("utf-8", "replace") if name in broken else value for name, value in fields.items()}
    raw = json.dumps({name: value.hex() if name in broken else str(value) for name, value in fields.items()})
    return RawRow(readable, raw.encode(), RowFault(Reason.ENCODING, f"{', '.join(broken)}: not valid UTF-8."))


def _values(column: Any) -> list[Any]:
    """Text and datetimes as they are, everything else as the text of its exact value; bytes where no text is."""
    import pyarrow
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return _values(column.dictionary_decode())
    if types.is_timestamp(kind):
        return list(column.cast(pyarrow.timestamp("us", tz=kind.tz), safe=False).to_pylist())
    if types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind) or types.is_boolean(kind):
        return list(column.cast(pyarrow.string()).to_pylist())
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return [_decoded(value) for value in column.cast(pyarrow.large_binary()).to_pylist()]
    return [None if value is None else str(value) for value in column.to_pylist()]


def _decoded(value: bytes | None) -> str | bytes | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
