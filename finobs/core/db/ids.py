"""Primary keys taken before the rows are written, so that something can refer to them. Gaps are allowed."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model

from .dialect import is_postgresql

# The sequence is looked up once (OFFSET 0), not once for each id.
_SEQUENCE = "(SELECT pg_get_serial_sequence(%s, %s)::regclass AS s OFFSET 0) AS sequence"
_ADVANCE = "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq"
_BEGIN = (
    "INSERT INTO sqlite_sequence (name, seq) "
    "SELECT %s, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)"
)


def reserve(model: type[Model], count: int) -> list[int]:
    """`count` primary keys that no other row has or will get, rising."""
    if not count:
        return []
    if not is_postgresql():
        return _advance(model._meta.db_table, count)
    sql, values = _select("nextval(s)", model, count)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return sorted(pk for (pk,) in cursor.fetchall())


def reservation(letter: str, model: type[Model], count: int) -> list[tuple[str, list[Any]]]:
    """The same as a part of a UNION: its SQL and values. The columns: a letter, a text, an id, bytes and a number.

    Empty on SQLite, where ids are reserved by a statement that writes: use `reserve`.
    """
    return [_select(f"'{letter}', '', nextval(s), NULL, 0", model, count)] if is_postgresql() else []


def _select(columns: str, model: type[Model], count: int) -> tuple[str, list[Any]]:
    pk = str(model._meta.pk.column) if model._meta.pk else ""
    sql = f"SELECT {columns} FROM {_SEQUENCE}, generate_series(1, %s)"  # noqa: S608
    return sql, [model._meta.db_table, pk, count]


def _advance(table: str, count: int) -> list[int]:
    """The counter of an AUTOINCREMENT table moved on: by each statement as a whole, in a transaction or without."""
    with connection.cursor() as cursor:
        while (last := _advanced(cursor, table, count)) is None:
            cursor.execute(_BEGIN, [table, table])
    return list(range(last - count + 1, last + 1))


def _advanced(cursor: Any, table: str, count: int) -> int | None:
    cursor.execute(_ADVANCE, [count, table])
    row = cursor.fetchone()
    return row[0] if row else None
