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


def kept_plans(letter: str) -> list[tuple[str, list[Any]]]:
    """A part of a UNION whose columns are a letter, a text, an id and anything: from then until the commit, PostgreSQL
    keeps the plans of prepared statements instead of weighing new ones. For work that asks for few rows, again and
    again: planning takes longer than running (docs/decisions/0011). Empty on SQLite, which keeps them anyway."""
    if not is_postgresql():
        return []
    return [(f"SELECT '{letter}', set_config('plan_cache_mode', 'force_generic_plan', true), 0, NULL", [])]
