"""Row numbers taken before the rows are written, so that a reference can hold the number. Gaps are allowed."""

from __future__ import annotations

from django.db import connection
from django.db.models import Max, Model


def reserve(model: type[Model], count: int) -> list[int]:
    """`count` primary keys that no other row has or will get. Inside a transaction."""
    if not count:
        return []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [model._meta.db_table, model._meta.pk.column, count],
            )
            return [row[0] for row in cursor.fetchall()]
    # SQLite writes from one transaction at a time (IMMEDIATE).
    top = model._default_manager.aggregate(top=Max("pk"))["top"] or 0
    return list(range(top + 1, top + 1 + count))


def reference(letter: str, year: int, number: int) -> str:
    """
    >>> reference("C", 2026, 123)
    'C-2026-000123'
    """
    return f"{letter}-{year}-{number:06d}"
