"""What happened to an incident or a case, in one list: notes, changes of its row, and the ledger's events.

An event names the history rows that it belongs to, and a note's event names the note: they are one line, joined by id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.db.models import Q
from django.urls import reverse

from approvals.choices import Vote
from approvals.models import ApprovalRequest
from finobs.core import access
from finobs.core.identity import Identity, attach_history_users, identities_as_of, preload
from finobs.ledger.actors import EventActor
from finobs.ledger.models import Event

from .models import Case, CaseSubject, Incident, Note, Queue, Tag, WorkItem
from .policies.programmes import labels, programme_of

MAX_ENTRIES: Final = 200
EVENT_TITLES: Final = {
    "case.open": "Case opened",
    "incident.open": "Incident opened",
    "incident.alert_add": "Alerts added",
    "incident.fault_add": "Fault of the delivery added",
    "incident.take": "Taken",
    "incident.release": "Released",
    "incident.assign": "Assigned",
    "incident.close": "Closed",
    "incident.escalate": "Escalated",
    "incident.wait": "Waiting",
    "incident.wake": "Back from waiting",
    "incident.move": "Moved to another queue",
    "incident.reopen": "Reopened",
    "incident.tag": "Tagged",
    "incident.untag": "Tag taken off",
    "case.subject_add": "Subject added",
    "case.subject_change": "Role of a subject changed",
    "case.subject_remove": "Subject removed",
    "case.tag": "Tagged",
    "case.untag": "Tag taken off",
    "case.wait": "Waiting",
    "case.wake": "Back from waiting",
    "case.move": "Moved to another queue",
    "case.reopen": "Reopened",
    "case.alert_add": "Alerts added",
    "case.take": "Taken",
    "case.release": "Released",
    "case.assign": "Assigned",
    "case.close": "Closed",
    "note.add": "Note added",
    "approval.request": "Sent for approval",
    "approval.decide": "Decision",
    "approval.use": "Approval carried out",
    "approval.reject": "Rejected",
    "approval.withdraw": "Request withdrawn",
    "approval.expire": "Request expired",
    "approval.void": "Request void",
}
# What a change of the row is told by; the rest follows from these, or is told by an event.
CHANGE_FIELDS: Final = ("status", "disposition", "reason_code", "queue", "assignee", "priority", "alert_count")
# What people wrote with a change; the ledger has digests of it alone.
WRITTEN_FIELDS: Final = ("rationale", "waiting_for")
# Columns of codes, and where a programme has their words.
_WORDED: Final = {"disposition": "dispositions", "reason_code": "reason_codes"}

Key = tuple[str, str]  # type and id of a row
# What the assignee of a history row was called then, and what queues are called.
People = Mapping[tuple[int, datetime], Identity]


class Names(NamedTuple):
    """What the keys of a row stand for. `queues`: those that the reader may see."""

    people: People
    queues: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. kind: "note", "change" or "event"; `url`: the ledger's page of its event, `event` its
    uid."""

    at: datetime
    actor: Identity | EventActor | None
    kind: str
    title: str
    text: str
    url: str = ""
    event: str = ""


class EventEntry(NamedTuple):
    """An event, and the rows that it names."""

    entry: TimelineEntry
    keys: frozenset[Key]


def item_timeline(user: Any, item: WorkItem) -> list[TimelineEntry]:
    """The newest 200 things that happened, newest first. Ledger events for those who may read the ledger.

    A constant number of queries.
    """
    if not access.allowed(user, "view", item):
        return []
    rows = [*_notes(item), *_changes(user, item), *_subjects(item), *_escalations(item)]
    entries = _join(rows, list(_events(user, item)))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MAX_ENTRIES]


def _join(rows: Sequence[tuple[Key, TimelineEntry]], events: Sequence[EventEntry]) -> Iterator[TimelineEntry]:
    """Each row with its event, and the events that no row of the list belongs to."""
    by_key = {key: event for event in events for key in event.keys}
    for key, entry in rows:
        yield _with_event(entry, by_key[key].entry) if key in by_key else entry
    row_keys = {key for key, _ in rows}
    yield from (event.entry for event in events if not event.keys & row_keys)


def _with_event(entry: TimelineEntry, event: TimelineEntry) -> TimelineEntry:
    """What people wrote stands in the row; of events only from before it did."""
    more = event.text if event.text not in f"{entry.title} {entry.text}" else ""
    return replace(entry, text=" · ".join(filter(None, (entry.text, more))), url=event.url, event=event.event)


def _notes(item: WorkItem) -> Iterator[tuple[Key, TimelineEntry]]:
    notes = list(Note.objects.filter(**{item.KIND: item}).order_by("-pk")[:MAX_ENTRIES])
    preload(notes)
    for note in notes:
        entry = TimelineEntry(note.created_at, note.author_then, "note", "Note added", note.text)
        yield _note_key(str(note.pk)), entry


def _note_key(pk: str) -> Key:
    return Note._meta.label_lower, pk


def _changes(user: Any, item: WorkItem) -> Iterator[tuple[Key, TimelineEntry]]:
    model: Any = type(item)
    label = model.history.model._meta.label_lower
    rows: list[Any] = list(model.history.filter(id=item.pk).order_by("-history_date", "-history_id")[: MAX_ENTRIES + 1])
    attach_history_users(rows)
    names = _names(user, rows)
    for after, before in pairwise(rows):
        # A save that changed none of these fields (a note, a version) is no line of its own.
        if text := "; ".join(_differences(model, before, after, names)):
            title = after.history_change_reason or "Changed"
            entry = TimelineEntry(after.history_date, after.history_user_then, "change", title, text)
            yield (label, str(after.history_id)), entry


def _subjects(item: WorkItem) -> Iterator[tuple[Key, TimelineEntry]]:
    """Who became a subject of a case, changed their role or ceased to be one; not the one that it was opened about."""
    if not isinstance(item, Case):
        return
    of_case = CaseSubject.history.filter(case_id=item.pk).select_related("customer", "account")
    rows: list[Any] = list(of_case.order_by("-history_date", "-history_id")[:MAX_ENTRIES])
    attach_history_users(rows)
    for row in rows:
        action = {"+": "case.subject_add", "~": "case.subject_change", "-": "case.subject_remove"}[row.history_type]
        if row.history_type == "+" and (row.customer_id, row.account_id) == item.subject_ids:
            continue
        title = ": ".join(filter(None, (EVENT_TITLES[action], row.history_change_reason)))
        who = f"Customer {row.customer}" if row.customer_id else f"Account {row.account}"
        entry = TimelineEntry(
            row.history_date, row.history_user_then, "change", title, f"{who}: {row.get_role_display().lower()}"
        )
        yield (row._meta.label_lower, str(row.history_id)), entry


def _escalations(item: WorkItem) -> Iterator[tuple[Key, TimelineEntry]]:
    """Which incidents were escalated to a case, by whom and why."""
    if not isinstance(item, Case):
        return
    of_case = Incident.history.filter(case_id=item.pk).order_by("-history_date", "-history_id")[:MAX_ENTRIES]
    # Later changes of an escalated incident name the case too.
    rows: list[Any] = [row for row in of_case if (row.history_change_reason or "").startswith("Escalated: ")]
    attach_history_users(rows)
    for row in rows:
        entry = TimelineEntry(
            row.history_date, row.history_user_then, "change", f"{row.reference} escalated to it",
            row.history_change_reason.removeprefix("Escalated: "),
        )  # fmt: skip
        yield (row._meta.label_lower, str(row.history_id)), entry


def _names(user: Any, rows: Sequence[Any]) -> Names:
    people = identities_as_of((row.assignee_id, row.history_date) for row in rows if row.assignee_id)
    keys = {row.queue_id for row in rows}
    # Of an item that was never moved no line names a queue.
    queues = access.restrict(Queue.objects.filter(pk__in=keys), user, "view") if len(keys) > 1 else Queue.objects.none()
    return Names(people, dict(queues.values_list("pk", "name")))


def _differences(model: Any, before: Any, after: Any, names: Names) -> Iterator[str]:
    for name in CHANGE_FIELDS:
        field: Any = model._meta.get_field(name)
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            label = str(field.verbose_name).capitalize()
            yield f"{label}: {_value_text(field, old, before, names)} → {_value_text(field, new, after, names)}"
    for name in WRITTEN_FIELDS:
        if (text := getattr(after, name)) and text != getattr(before, name):
            yield text


def _value_text(field: Any, value: Any, row: Any, names: Names) -> str:
    if value in (None, ""):
        return "none"
    if part := _WORDED.get(field.name):
        return str(labels(programme_of(row.typology), part).get(value, value))
    if field.name == "assignee":
        return str(names.people.get((value, row.history_date), "somebody"))
    if field.name == "queue":
        return names.queues.get(value, "a queue that you may not see")
    return str(dict(field.flatchoices).get(value, value))


def _events(user: Any, item: WorkItem) -> Iterator[EventEntry]:
    kind, key = item._meta.label_lower, str(item.pk)
    requests = ApprovalRequest.objects.filter(subject_type=kind, subject_id=key).values_list("pk", flat=True)
    about = Q(subject_type=kind, subject_id=key)
    about |= Q(subject_type=ApprovalRequest._meta.label_lower, subject_id__in=[str(pk) for pk in requests])
    # Of one's role alone: whoever sees the case sees what was done to it, whatever they may see of its unit.
    events = (Event.objects.all() if access.allowed(user, "view", Event) else Event.objects.none()).filter(about)
    events = events.select_related("actor")
    bodies = [(event, json.loads(bytes(event.body))) for event in events.order_by("-pk")[:MAX_ENTRIES]]
    slugs = {body["data"].get("tag") for _, body in bodies} - {None}
    tags = dict(Tag.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
    for event, body in bodies:
        yield _event_entry(event, body, tags)


def _event_entry(event: Event, body: dict[str, Any], tags: Mapping[str, str]) -> EventEntry:
    keys = {(row["type"], row["id"]) for row in body["history"]}
    if note := body["data"].get("note"):
        keys.add(_note_key(note))
    title = EVENT_TITLES.get(event.action, event.action)
    url = reverse("ledger:event-detail", args=[event.uid])
    text = _event_text(event.action, body["data"], tags)
    entry = TimelineEntry(event.at, event.actor_then, "event", title, text, url, str(event.uid))
    return EventEntry(entry, frozenset(keys))


def _event_text(action: str, data: dict[str, Any], tags: Mapping[str, str]) -> str:
    """The part of an event's data that people wrote or chose, in words."""
    if action.endswith(".alert_add"):
        return f"{len(data['alerts'])} alert{'s' if len(data['alerts']) != 1 else ''}"
    words: dict[str, Mapping[str, str]] = {"vote": dict(Vote.choices), "tag": tags}
    texts = ((name, data.get(name)) for name in ("vote", "reason", "end_reason", "rationale", "tag"))
    return " · ".join(str(words.get(name, {}).get(text, text)) for name, text in texts if text)
