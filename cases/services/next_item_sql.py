"""The next case or incident of a queue, found and locked in one statement: people wait for it, and dozens may ask at
once.

Written by hand for two reasons. The statuses stand in the text, so that a plan that the server keeps may use the
partial index of unfinished items, which is in the order of the queue: nothing is sorted. And Django would write the
same text anew for each call, which takes it longer than the database needs for the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from django.db import connection

from finobs.core import clock
from finobs.core.db.dialect import any_of, database_time, skip_locked, table_of
from finobs.core.db.rows import ModelRows

from ..choices import ItemKind
from ..models import Case, Incident, Queue, WorkLease, WorkPolicy, WorkPolicyVersion
from ..policies.shipped import ASSIGNMENT
from ..workflow import FINISHED, READY
from .holding_limit import most_held_of

_ITEMS: Final[Mapping[str, ModelRows[Case] | ModelRows[Incident]]] = {
    ItemKind.CASE: ModelRows(Case), ItemKind.INCIDENT: ModelRows(Incident),
}  # fmt: skip
_QUEUES = ModelRows(Queue)


def lock_first_free(kind: str, queue_id: int, passed_by: Sequence[int]) -> tuple[Case | Incident, int] | None:
    """The most urgent item of a queue that nobody holds and nobody is taking, with its queue; locked. And how many
    items one person may hold (0: no limit), which spares a statement of its own.

    `passed_by`: ids of items not to be considered. PostgreSQL reads leases as of the statement's start, so that one
    which somebody took a moment ago may be among those found: look again under the lock.
    """
    condition, values = "", [queue_id, database_time(clock.now())]
    if passed_by:
        among, some = any_of("c.id", list(passed_by))
        condition, values = f"AND NOT ({among})", [*values, some]
    with connection.cursor() as cursor:
        cursor.execute(_statement(kind, condition), values)
        row = cursor.fetchone()
    if row is None:
        return None
    rows = _ITEMS[kind]
    item = rows.read(row[: rows.width])
    item.queue = _QUEUES.read(row[rows.width : -1])
    return item, most_held_of(row[-1])


@cache
def _statement(kind: str, condition: str) -> str:
    rows = _ITEMS[kind]
    ready = ", ".join(f"'{status}'" for status in sorted(READY))
    # As the partial index says it, or no planner takes it.
    finished = sorted(FINISHED[kind])
    index = (
        f"NOT c.status = '{finished[0]}'"
        if len(finished) == 1
        else f"NOT c.status IN ({', '.join(map(repr, finished))})"
    )
    # REL-16: many who take at once pass by what another is taking, and none waits.
    return (
        f"SELECT {rows.columns('c')}, {_QUEUES.columns('q')}, ({_policy()}) FROM {table_of(rows.model)} c "  # noqa: S608
        f"JOIN {table_of(Queue)} q ON q.id = c.queue_id "
        f"WHERE c.queue_id = %s AND c.status IN ({ready}) AND {index} "
        f"AND NOT EXISTS (SELECT 1 FROM {table_of(WorkLease)} l WHERE l.{kind}_id = c.id AND l.expires_at > %s) "
        f"{condition} ORDER BY c.priority DESC, c.id DESC LIMIT 1 {skip_locked('c')}"
    )


def _policy() -> str:
    """The policy of assignment in force."""
    return (
        f"SELECT CAST(v.content AS text) FROM {table_of(WorkPolicy)} p "  # noqa: S608
        f"JOIN {table_of(WorkPolicyVersion)} v ON v.id = p.live_id WHERE p.slug = '{ASSIGNMENT}'"
    )
