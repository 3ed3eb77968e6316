"""Which transactions of the database a statement sees. PostgreSQL runs many at once and tells by snapshots, which name
those that were not over yet; on SQLite there is one writer, so that ids rise in the order of the commits.

A model that wants to know keeps `xid` (the transaction that wrote the row) and `snapshot` (what that one saw).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from .dialect import is_postgresql, table_of

# PostgreSQL's own number of a transaction, which never wraps, as a bigint; and back.
_XID = "pg_current_xact_id()::text::bigint"
_OLDEST = "pg_snapshot_xmin(%s::pg_snapshot)::text::bigint"
_IS_VISIBLE = "pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)"
# A restored database has rows with the numbers of the one that it was taken from, which may be far above its own.
_NEXT = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


def visibility(letter: str) -> list[tuple[str, list[Any]]]:
    """A part of a UNION with the columns of `ids.reservation`: the snapshot, and the number of this transaction. Empty
    on SQLite."""
    return [(f"SELECT '{letter}', pg_current_snapshot()::text, {_XID}, NULL, 0", [])] if is_postgresql() else []


def visible_since(
    model: type[Model], where: str, values: Sequence[Any], view: str, pk: int, expected: int
) -> tuple[list[int], str]:
    """The keys of rows of `model` that `where` leaves and that were not visible in `view` yet, and what is in view now.

    `pk`: the row of `model` that this transaction has written itself; it is left out. `expected`: one that the
    transaction had written in which `view` was taken, and to which it was visible; it is among them if it is there.
    An empty `view`: only what is in view now.
    """
    now = "pg_current_snapshot()::text" if is_postgresql() else f"'{pk - 1}'"
    is_new, is_new_values = _is_new(view)
    condition, parameters = f"{where} AND id <> %s AND (id = %s OR {is_new})", [*values, pk, expected, *is_new_values]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 0, {now} UNION ALL SELECT id, NULL FROM {table_of(model)} WHERE {condition}",  # noqa: S608
            parameters,
        )
        (_, current), *rows = cursor.fetchall()
    return [key for key, _ in rows], current


def _is_new(view: str) -> tuple[str, list[Any]]:
    if not view:
        return "1 = 0", []
    if is_postgresql():
        return f"(xid >= {_OLDEST} AND xid < {_NEXT} AND NOT {_IS_VISIBLE})", [view, view]
    return "id > %s", [int(view)]


def oldest_running() -> int | None:
    """The number of the oldest transaction that is not over: all before it are. None on SQLite."""
    if not is_postgresql():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def overlaps(model: type[Model], of: str) -> str:
    """PostgreSQL: a query for pairs (`earlier`, `later`) of rows of `model`, with the same value in the column `of`,
    whose transactions could not see each other and are over. Parameter: the least number of the later one.

    Of two that could not, the one with the greater number did not see the lesser; and who did not see a lesser one was
    not seen by it, unless it ended before that one looked: then the pair is one too many.
    """
    table = table_of(model)
    return (
        f"SELECT b.id AS later, a.id AS earlier FROM {table} b JOIN {table} a ON a.{of} = b.{of} "  # noqa: S608
        "AND a.xid >= pg_snapshot_xmin(b.snapshot::pg_snapshot)::text::bigint AND a.xid < b.xid "
        "AND NOT pg_visible_in_snapshot(a.xid::text::xid8, b.snapshot::pg_snapshot) "
        f"WHERE b.xid >= %s AND b.xid < {_NEXT}"
    )
