"""Locks that only PostgreSQL needs: SQLite has one writer at a time, whom all others wait for."""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

from .dialect import is_postgresql, table_of


def try_lock(name: str) -> bool:
    """Take the lock of this name until the end of the transaction. False: somebody else has it."""
    if not is_postgresql():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def lock_writers_out(model: type[Model]) -> None:
    """Until the end of the transaction nobody else writes rows of `model`; who is writing some is waited for."""
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table_of(model)} IN SHARE ROW EXCLUSIVE MODE")
