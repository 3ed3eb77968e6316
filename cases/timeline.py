"""What happened to a case, in one list: notes, what its row looked like before and after, and the ledger's events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse

from approvals.models import ApprovalRequest
from finobs.accounts.models import User
from finobs.core import access
from finobs.ledger.models import Event

from .models import Case, Note

MAX_ENTRIES: Final = 200
EVENT_TITLES: Final = {
    "case.open": "Case opened",
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


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. kind: "note", "change" or "event"; `url`: the ledger's page of an event."""

    at: datetime
    actor: User | None
    kind: str
    title: str
    text: str
    url: str = ""


def case_timeline(user: Any, case: Case) -> list[TimelineEntry]:
    """The newest 200 things that happened, newest first. Ledger events for those who may read the ledger.

    A constant number of queries.
    """
    if not access.allowed(user, "view", case):
        return []
    entries = [*_notes(case), *_changes(case), *_events(user, case)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MAX_ENTRIES]


def _notes(case: Case) -> Iterator[TimelineEntry]:
    for note in Note.objects.filter(case=case).select_related("author").order_by("-pk")[:MAX_ENTRIES]:
        yield TimelineEntry(note.created_at, note.author, "note", "Note", note.text)


def _changes(case: Case) -> list[TimelineEntry]:
    rows: list[Any] = list(
        Case.history.filter(id=case.pk)
        .select_related("history_user")
        .order_by("-history_date", "-history_id")[: MAX_ENTRIES + 1]
    )
    names = _names(rows)
    found = []
    for after, before in pairwise(rows):
        if text := "; ".join(_differences(before, after, names)):
            found.append(TimelineEntry(after.history_date, after.history_user, "change", _why(after), text))
    return found


def _why(row: Any) -> str:
    return row.history_change_reason or "Changed"


def _names(rows: Sequence[Any]) -> dict[int, str]:
    ids = {row.assignee_id for row in rows if row.assignee_id}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)} if ids else {}


def _differences(before: Any, after: Any, names: dict[int, str]) -> Iterator[str]:
    for name in CHANGE_FIELDS:
        field: Any = Case._meta.get_field(name)
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            label = str(field.verbose_name).capitalize()
            yield f"{label}: {_words(field, old, names)} → {_words(field, new, names)}"


def _words(field: Any, value: Any, names: dict[int, str]) -> str:
    if value in (None, ""):
        return "none"
    if field.name == "assignee":
        return names.get(value, "somebody")
    return str(dict(field.flatchoices).get(value, value))


def _events(user: Any, case: Case) -> Iterator[TimelineEntry]:
    kind = Case._meta.label_lower
    asked = ApprovalRequest.objects.filter(subject_type=kind, subject_id=str(case.pk)).values_list("pk", flat=True)
    about = Q(subject_type=kind, subject_id=str(case.pk))
    about |= Q(subject_type=ApprovalRequest._meta.label_lower, subject_id__in=[str(pk) for pk in asked])
    events = access.restrict(Event.objects.filter(about), user, "view").select_related("actor")
    for event in events.order_by("-pk")[:MAX_ENTRIES]:
        yield TimelineEntry(event.at, event.actor, "event", _title(event), _text(event), _url(event))


def _title(event: Event) -> str:
    return EVENT_TITLES.get(event.action, event.action)


def _url(event: Event) -> str:
    return reverse("ledger:event-detail", args=[event.uid])


def _text(event: Event) -> str:
    """The part of an event's data that people wrote or chose."""
    data = json.loads(bytes(event.body))["data"]
    if event.action == "case.alert_add":
        return f"{len(data['alerts'])} alert{'s' if len(data['alerts']) != 1 else ''}"
    told = (data.get(name) for name in ("vote", "reason", "outcome", "rationale"))
    return " · ".join(str(text) for text in told if text)
