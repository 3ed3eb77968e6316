"""Statements sent in one go and answered in one: a decision has time for few round trips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from .dialect import is_postgresql

Rows = list[tuple[Any, ...]]


@contextmanager
def pipeline() -> Iterator[None]:
    """On PostgreSQL, what is executed inside is sent in one go, the BEGIN of the transaction included, and answered in
    one; it is fetched after the block. SQLite has no round trips: each statement runs at once."""
    if not is_postgresql():
        yield
        return
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    with database.wrap_database_errors, database.connection.pipeline():
        yield


def send(sql: str, values: Sequence[Any] = ()) -> Callable[[], Rows]:
    """Execute a statement; what is returned fetches its rows, once, after the pipeline that it was sent in."""
    cursor = connection.cursor()
    cursor.execute(sql, values or None)

    def fetch() -> Rows:
        with cursor:
            rows: Rows = cursor.fetchall()
        return rows

    return fetch


def send_later(sql: str, values: Sequence[Any] = (), *, returns_rows: bool = True) -> Callable[[], Rows]:
    """Execute a statement in one go with the next one, whatever that is, and before the commit in any case.

    For what nothing waits for, such as an insert, or nothing yet: what is returned fetches the rows, once, and sends
    the statement if that has not been done. What it raises is raised by the statement that it is sent with. Only within
    a transaction, whose end by rollback is its own. SQLite executes it at once.

    returns_rows: False for an insert whose rows nobody fetches: it becomes one statement with its neighbours.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if not database.in_atomic_block:
        raise RuntimeError("a statement is put off only within a transaction")
    if not is_postgresql():
        return send(sql, values)
    queued = database.enqueue(sql, values, returns_rows)

    def fetch() -> Rows:
        if queued.cursor is None:
            database.send_queue()
        with queued.cursor:
            rows: Rows = queued.cursor.fetchall()
        return rows

    return fetch


def send_waiting() -> None:
    """Execute what `send_later` has put off."""
    if is_postgresql():
        database: Any = connections[DEFAULT_DB_ALIAS]
        database.send_queue()


def kept_plans(letter: str) -> list[tuple[str, list[Any]]]:
    """A part of a UNION with the columns of `ids.reservation`: from then until the commit, PostgreSQL keeps the plans
    of prepared statements instead of weighing new ones. For work that asks for few rows, again and again: planning
    takes longer than running (docs/decisions/0011). Empty on SQLite, which keeps them anyway."""
    if not is_postgresql():
        return []
    return [(f"SELECT '{letter}', set_config('plan_cache_mode', 'force_generic_plan', true), 0, NULL, 0", [])]
