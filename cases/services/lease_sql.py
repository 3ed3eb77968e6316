"""The lease of an item nobody holds, written in one statement: the row itself says who was first. Django's upsert takes
no condition."""

from __future__ import annotations

from typing import Final

from django.db import connection

from finobs.core.db.dialect import database_time, table_of

from ..models import WorkLease

_INSERT: Final = (
    "INSERT INTO {table} AS l ({kind}_id, holder_id, taken_at, expires_at) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT ({kind}_id) DO UPDATE SET holder_id = excluded.holder_id, taken_at = excluded.taken_at, "
    "expires_at = excluded.expires_at WHERE l.expires_at <= %s RETURNING id"
)


def insert_free_lease(kind: str, lease: WorkLease) -> bool:
    """Insert it, or put it in place of one that has expired when it begins. False: somebody's has not."""
    times = map(database_time, (lease.taken_at, lease.expires_at, lease.taken_at))
    statement = _INSERT.format(table=table_of(WorkLease), kind=kind)
    with connection.cursor() as cursor:
        cursor.execute(statement, [lease.item.pk, lease.holder_id, *times])
        row = cursor.fetchone()
    if row is None:
        return False
    lease.pk, lease._state.adding = row[0], False
    return True
