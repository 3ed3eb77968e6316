"""Primary keys taken before the rows are written, so that something can refer to them. Gaps are allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Model

from .dialect import is_postgresql
from .pipeline import send

# The sequence's name is asked for once, not once for each id.
_NEXT = (
    "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, %s)::regclass AS s OFFSET 0) AS sequence, "
    "generate_series(1, %s)"
)
_ADVANCE = "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq"
_BEGIN = (
    "INSERT INTO sqlite_sequence (name, seq) "
    "SELECT %s, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)"
)


def reserve(model: type[Model], count: int) -> list[int]:
    """`count` primary keys that no other row has or will get, rising."""
    return reservation(model, count)()


def reservation(model: type[Model], count: int) -> Callable[[], list[int]]:
    """The same within a `pipeline()`: what is returned gives the keys after the block."""
    if not count:
        return list
    table, meta = model._meta.db_table, model._meta
    if not is_postgresql():
        last = _advance(table, count)
        return lambda: list(range(last - count + 1, last + 1))
    fetch = send(_NEXT, [table, str(meta.pk.column) if meta.pk else "id", count])
    return lambda: sorted(pk for (pk,) in fetch())


def _advance(table: str, count: int) -> int:
    """The counter of an AUTOINCREMENT table moved on: by each statement as a whole, in a transaction or without."""
    with connection.cursor() as cursor:
        while (row := _advanced(cursor, table, count)) is None:
            cursor.execute(_BEGIN, [table, table])
    return int(row[0])


def _advanced(cursor: Any, table: str, count: int) -> tuple[Any, ...] | None:
    cursor.execute(_ADVANCE, [count, table])
    row: tuple[Any, ...] | None = cursor.fetchone()
    return row
