"""Reads of the ledger. What an event says is in its body; who may open the body is decided by its subject."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from finobs.core import access
from finobs.core.errors import Invalid, NotFound
from finobs.core.reads import first_or_not_found

from . import queries, tree
from .models import Checkpoint, Event, TreeLeaf


@dataclass(frozen=True, slots=True)
class Proof:
    """That one event is in the log: its place, the path, and the signed checkpoint that the path ends in."""

    index: int
    checkpoint: Checkpoint
    path: list[bytes]


def seal_state(user: Any) -> queries.SealState:
    """How the sealer is doing. It holds no content, so that whoever comes to the ledger's pages is told."""
    return queries.seal_state()


def events_visible(user: Any) -> QuerySet[Event]:
    """Every event, newest first, for who may read the ledger: who, what, when. Bodies are another matter."""
    return access.restrict(Event.objects.select_related("actor", "place").defer("body"), user, "view").order_by("-id")


def event_get(user: Any, uid: UUID | str) -> Event:
    try:
        event = events_visible(user).defer(None).filter(uid=uid).first()
    except (ValueError, TypeError):
        event = None
    if event is None:
        raise NotFound
    return event


def event_data(user: Any, event: Event) -> dict[str, Any] | None:
    """What the event says, if `user` may see what it speaks of today; else None: metadata only."""
    subject = queries.subject_of(event.subject_type, event.subject_id)
    if subject is None or not _may_view(user, subject):
        return None
    body: dict[str, Any] = json.loads(bytes(event.body))
    return body


def event_subject(user: Any, event: Event) -> str:
    """The name of what the event speaks of; empty where it is not theirs to see, or is there no more."""
    subject = queries.subject_of(event.subject_type, event.subject_id)
    return str(subject) if subject is not None and _may_view(user, subject) else ""


def event_text(user: Any, event: Event) -> str:
    """What the event says, for people; empty where it is not theirs to read."""
    data = event_data(user, event)
    return "" if data is None else json.dumps(data, indent=2, ensure_ascii=False)


def may_open_events(user: Any) -> bool:
    """Is it worth offering links to events?"""
    return access.allowed(user, "view", Event)


def timeline(user: Any, subject_type: str, subject_id: str) -> QuerySet[Event]:
    """The events of one subject, newest first, for whoever may view the subject. Raises NotFound otherwise."""
    subject = queries.subject_of(subject_type, subject_id)
    if subject is None or not _may_view(user, subject):
        raise NotFound
    events = Event.objects.select_related("actor", "place").filter(subject_type=subject_type, subject_id=subject_id)
    return events.order_by("-id")


def proof_of(user: Any, event: Event, *, size: int | None = None) -> Proof | None:
    """The proof of `event` under the first checkpoint that seals it, or under the one at `size`; None while pending."""
    access.require(user, "view", Event)
    place = TreeLeaf.objects.filter(event=event).first()
    if place is None:
        return None
    checkpoints = Checkpoint.objects.filter(size__gt=place.seq).order_by("size")
    sealing = checkpoints.filter(size=size) if size else checkpoints
    checkpoint = first_or_not_found(sealing, "No checkpoint of this size seals the event.")
    return Proof(place.seq, checkpoint, tree.inclusion(place.seq, checkpoint.size))


def checkpoints_visible(user: Any) -> QuerySet[Checkpoint]:
    return access.restrict(Checkpoint.objects.all(), user, "view").order_by("-size")


def checkpoint_latest(user: Any) -> Checkpoint:
    return first_or_not_found(checkpoints_visible(user), "Nothing has been sealed yet.")


def consistency_between(user: Any, old: int, new: int) -> list[bytes]:
    """The proof that the log at `new` extends the log at `old`."""
    if not 1 <= old <= new:
        raise Invalid("A consistency proof goes from a size of at least 1 to one not smaller.")
    access.require(user, "view", Checkpoint)
    last = checkpoints_visible(user).first()
    if last is None or new > last.size:
        raise NotFound("The log is not that long.")
    return tree.consistency(old, new)


def _may_view(user: Any, subject: Model) -> bool:
    try:
        return access.allowed(user, "view", subject)
    except ImproperlyConfigured:
        return False
