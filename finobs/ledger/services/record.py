"""Writing to the ledger: inside the business transaction, or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from finobs.core import authority, clock, context, history
from finobs.core.db.bulk import insert_instances

from ..canonical import EVENT_SCHEMA, Canonical, canonical
from ..merkle import leaf_hash
from ..models import Event


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event to be. `subject` is a saved row, or (type, id) for what has no row.

    The event names the history rows that `core.history` wrote of `subject`, and of the rows in `related` that the
    same act changed: of these very instances, since the last event that named any of them.
    """

    action: str
    subject: Model | tuple[str, str]
    data: Mapping[str, Canonical] = field(default_factory=dict)
    related: Sequence[Model] = ()


def record(
    *,
    actor: Any,
    action: str,
    subject: Model | tuple[str, str],
    data: Mapping[str, Canonical] | None = None,
    related: Sequence[Model] = (),
) -> Event:
    """Record one act by `actor` (a User) on `subject`, which changed the rows in `related` too (see `NewEvent`).

    Must run inside the transaction of the change. Raises RuntimeError outside one, TypeError or ValueError if
    `data` has no canonical form; either way the change does not happen.
    """
    return record_many(actor=actor, entries=[NewEvent(action, subject, data or {}, related)])[0]


def record_many(*, actor: Any, entries: Iterable[NewEvent]) -> list[Event]:
    """Record several acts of one actor in their order."""
    # AUD-7: if the event cannot be written, the change does not happen; that needs one transaction for both.
    if not connection.in_atomic_block:
        raise RuntimeError("an event is written in the transaction of its change")
    # Whoever an event names as its actor must still be who may act when it commits; finobs itself always is.
    if actor.kind != "system":
        authority.rely_on(actor)
    at = clock.now()
    events = [_event(actor, entry, at) for entry in entries]
    insert_instances(events)
    return events


def subject_key(subject: Model | tuple[str, str]) -> tuple[str, str]:
    """("cases.case", "17") for a row."""
    if isinstance(subject, tuple):
        return subject
    return subject._meta.label_lower, str(subject.pk)


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds and Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _event(actor: Any, entry: NewEvent, at: datetime) -> Event:
    subject_type, subject_id = subject_key(entry.subject)
    uid = uuid.uuid4()
    body = canonical(
        {
            "schema": EVENT_SCHEMA,
            "id": str(uid),
            "at": timestamp(at),
            "action": entry.action,
            "actor": {"type": actor.kind, "id": str(actor.pk)},
            "subject": {"type": subject_type, "id": subject_id},
            "request": context.request_id(),
            "data": entry.data,
            "history": _history(entry),
        }
    )
    return Event(
        uid=uid, at=at, action=entry.action, actor_id=actor.pk, actor_type=actor.kind, subject_type=subject_type,
        subject_id=subject_id, request_id=context.request_id(), body=body, leaf=leaf_hash(body),
    )  # fmt: skip


def _history(entry: NewEvent) -> list[Canonical]:
    """The history rows that the event belongs to, each named once, in the order in which they were written."""
    rows = [entry.subject] if isinstance(entry.subject, Model) else []
    references = [reference for row in (*rows, *entry.related) for reference in history.pop_references(row)]
    return [{"type": reference.type, "id": reference.id} for reference in references]
