"""Locks that only PostgreSQL needs: SQLite has one writer at a time, whom all others wait for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import Model

from .dialect import any_of, is_postgresql, table_of


def try_lock(name: str) -> bool:
    """Take the lock of this name until the end of the transaction. False: somebody else has it."""
    if not is_postgresql():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def try_locks(names: Sequence[str]) -> set[str]:
    """Take those of these locks that nobody else has, until the end of the transaction; which they are."""
    if not is_postgresql():
        return set(names)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE pg_try_advisory_xact_lock(hashtextextended(name, 0))",
            [list(names)],
        )
        return {name for (name,) in cursor.fetchall()}


def wait_for_lock(name: str) -> None:
    """Take the lock of this name until the end of the transaction; whoever has it is waited for."""
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_writers_out(model: type[Model]) -> None:
    """Until the end of the transaction nobody else writes rows of `model`; who is writing some is waited for."""
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table_of(model)} IN SHARE ROW EXCLUSIVE MODE")


def lock_shared(model: type[Model], pks: Collection[int]) -> None:
    """Until the end of the transaction nobody changes these rows of `model`; who is changing one is waited for.

    Others may hold the same lock meanwhile. In the order of their keys, so that two never wait in a circle for these.
    """
    if is_postgresql():
        condition, value = any_of("id", list(pks))
        with connection.cursor() as cursor:
            # Django has no FOR SHARE; its select_for_update would let only one act at a time for each person.
            cursor.execute(
                f"SELECT id FROM {table_of(model)} WHERE {condition} ORDER BY id FOR SHARE",  # noqa: S608
                [value],
            )
