"""What the verification reads: every leaf with its event, checkpoints, and what stands where nothing should.

Rows are read as a hostile hand may have left them, past the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.db import connection

from finobs.core.db.dialect import left_join_by_key, time_text, uuid_text

CHUNK = 5_000
MAX_CHECKPOINTS = 500
EVENT_COLUMNS = "e.id, e.action, e.actor_id, e.actor_type, e.subject_type, e.subject_id, e.request_id, e.body, e.leaf"
STRAY_LEAVES = (
    "SELECT seq, event_id FROM ledger_treeleaf WHERE seq < 0 "
    "OR seq >= (SELECT COALESCE(MAX(size), 0) FROM ledger_checkpoint) ORDER BY seq LIMIT 5"
)
LOST_EVENTS = (
    "SELECT e.id, e.uid FROM ledger_event e WHERE NOT EXISTS (SELECT 1 FROM ledger_treeleaf l WHERE l.event_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM ledger_pendingevent p WHERE p.event_id = e.id) ORDER BY e.id LIMIT 5"
)
DOUBLE_EVENTS = (
    "SELECT e.id, e.uid FROM ledger_pendingevent p JOIN ledger_treeleaf l ON l.event_id = p.event_id "
    "JOIN ledger_event e ON e.id = p.event_id ORDER BY e.id LIMIT 5"
)


def placed_events(size: int) -> Iterator[list[Any]]:
    """Leaves below `size` by their place, in chunks: (seq, leaf, event id, time, uid, *EVENT_COLUMNS of the event)."""
    for start in range(0, size, CHUNK):
        # A chunk without rows is a gap; what comes after it is not this function's to skip.
        yield fetch(_placed_sql(), [start, min(start + CHUNK, size)])


def pending_events() -> Iterator[list[Any]]:
    """Events that wait for their place, in chunks: (time, uid, *EVENT_COLUMNS)."""
    after = 0
    while rows := fetch(_pending_sql(), [after, CHUNK]):
        yield rows
        after = rows[-1][2]


def checkpoints(size: int) -> Iterator[tuple[int, bytes, bytes, str]]:
    """(size, root, frontier, note) of each up to `size`, in order."""
    sql = (
        "SELECT size, root, frontier, note FROM ledger_checkpoint WHERE size > %s AND size <= %s ORDER BY size LIMIT %s"
    )
    after = 0
    while rows := fetch(sql, [after, size, MAX_CHECKPOINTS]):
        for checkpoint_size, root, frontier, note in rows:
            yield checkpoint_size, raw_bytes(root), raw_bytes(frontier), str(note)
        after = rows[-1][0]


def fetch(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def raw_bytes(value: Any) -> bytes:
    """As bytes; empty for what is none."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


@cache
def _event_columns() -> str:
    return f"{time_text('e.at')}, {uuid_text('e.uid')}, {EVENT_COLUMNS}"


@cache
def _placed_sql() -> str:
    return (
        f"SELECT l.seq, l.leaf, l.event_id, {_event_columns()} FROM ledger_treeleaf l "  # noqa: S608
        f"{left_join_by_key('ledger_event', 'e', 'l.event_id')} WHERE l.seq >= %s AND l.seq < %s ORDER BY l.seq"
    )


@cache
def _pending_sql() -> str:
    return (
        f"SELECT {_event_columns()} FROM ledger_pendingevent p "  # noqa: S608
        "JOIN ledger_event e ON e.id = p.event_id WHERE p.event_id > %s ORDER BY p.event_id LIMIT %s"
    )
