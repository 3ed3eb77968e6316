"""Writing to the ledger: inside the business transaction, or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Model

from finobs.core import authority, clock, context, history
from finobs.core.db.bulk import insert_instances
from finobs.core.units import units_of

from ..actors import acting
from ..canonical import EVENT_SCHEMA, MAX_EXACT_INTEGER, Canonical, canonical
from ..merkle import leaf_hash
from ..models import Event


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event to be. `subject` is a saved row, or (type, id) for what has no row.

    The event names the history rows that `core.history` wrote of `subject`, and of the rows in `related` that the
    same act changed: of these very instances, since the last event that named any of them. It says old and new values
    of what changed: of `subject` in `changes`, of the others beside their history. `changes` here is for a subject that
    keeps no history: field to (old, new). The event is in the unit of its subject (`core.units`).
    """

    action: str
    subject: Model | tuple[str, str]
    data: Mapping[str, Canonical] = field(default_factory=dict)
    related: Sequence[Model] = ()
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def record(
    *,
    actor: Any,
    action: str,
    subject: Model | tuple[str, str],
    data: Mapping[str, Canonical] | None = None,
    related: Sequence[Model] = (),
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    later: bool = False,
) -> Event:
    """Record one act by `actor` (a User) on `subject`, which changed the rows in `related` too (see `NewEvent`).

    later: for services that people or machines wait for. The event is written with the next statement of the
    transaction, at the latest before the commit, and the instance that is returned has no id.
    Must run inside the transaction of the change. Raises RuntimeError outside one, TypeError or ValueError if
    `data` has no canonical form; either way the change does not happen.
    """
    entry = NewEvent(action, subject, data or {}, related, changes or {})
    return record_many(actor=actor, entries=[entry], later=later)[0]


def record_many(*, actor: Any, entries: Iterable[NewEvent], later: bool = False) -> list[Event]:
    """Record several acts of one actor in their order."""
    # AUD-7: if the event cannot be written, the change does not happen; that needs one transaction for both.
    if not connection.in_atomic_block:
        raise RuntimeError("an event is written in the transaction of its change")
    # Whoever an event names as its actor must still be who may act when it commits; finobs itself always is.
    if actor.kind != "system":
        authority.rely_on(actor)
    at, (account, identity) = clock.now(), acting(actor)
    new = list(entries)
    units = units_of([entry.subject for entry in new])
    events = [_event(account, identity, entry, at, unit) for entry, unit in zip(new, units, strict=True)]
    insert_instances(events, later=later)
    return events


def subject_key(subject: Model | tuple[str, str]) -> tuple[str, str]:
    """("cases.case", "17") for a row."""
    if isinstance(subject, tuple):
        return subject
    return subject._meta.label_lower, str(subject.pk)


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds and Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _event(actor: Any, identity: dict[str, Canonical], entry: NewEvent, at: datetime, unit: int | None) -> Event:
    subject_type, subject_id = subject_key(entry.subject)
    changes, history_rows = _history(entry)
    uid = uuid.uuid4()
    body = canonical(
        {
            "schema": EVENT_SCHEMA,
            "id": str(uid),
            "at": timestamp(at),
            "action": entry.action,
            "actor": identity,
            "subject": {"type": subject_type, "id": subject_id},
            "request": context.request_id(),
            "data": entry.data,
            "changes": changes,
            "history": history_rows,
        }
    )
    return Event(
        uid=uid, at=at, action=entry.action, actor_id=actor.pk, actor_type=str(identity["type"]),
        subject_type=subject_type, subject_id=subject_id, request_id=context.request_id(), body=body,
        leaf=leaf_hash(body), unit_id=unit,
    )  # fmt: skip


def _history(entry: NewEvent) -> tuple[dict[str, Canonical], list[Canonical]]:
    """What changed of the subject, and the history rows of the act, each named once, in the order of writing."""
    changes: dict[str, Canonical] = {name: _pair(*values) for name, values in entry.changes.items()}
    rows: list[Canonical] = []
    if isinstance(entry.subject, Model):
        # Several saves of one act are one change: from what was before the first to what is after the last.
        for reference in history.pop_references(entry.subject):
            rows.append({"type": reference.type, "id": reference.id})
            for name, (before, after) in _canonical_changes(reference.changes).items():
                changes[name] = [changes[name][0] if name in changes else before, after]  # type: ignore[index]
    for row in entry.related:
        for reference in history.pop_references(row):
            rows.append({"type": reference.type, "id": reference.id, "changes": _canonical_changes(reference.changes)})
    return changes, rows


def _canonical_changes(changes: history.Changes) -> dict[str, list[Canonical]]:
    return {name: _pair(before, after) for name, (before, after) in changes.items()}


def _pair(before: Any, after: Any) -> list[Canonical]:
    return [event_value(before), event_value(after)]


def event_value(value: Any) -> Canonical:
    """A field's value as events may hold it: what has no exact form in JSON is text.

    `data` of an event that states the fields of a row, such as a JSON column that people write, takes them by this.
    """
    match value:
        case None | bool():
            return value
        case str():
            return str(value)
        case int() if abs(value) <= MAX_EXACT_INTEGER:
            return value
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case float() | Decimal() | int():
            return repr(value) if isinstance(value, float) else str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | tuple():
            return [event_value(each) for each in value]
        case dict() if all(isinstance(key, str) and key.isascii() for key in value):
            return {key: event_value(each) for key, each in value.items()}
        case dict():
            # Keys of others may be any text, and those of an event are ASCII.
            return [[str(key), event_value(each)] for key, each in value.items()]
    return str(value)
