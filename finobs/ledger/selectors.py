"""Reads of the ledger. What an event says is in its body; who may open the body is decided by its subject."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from finobs.core import access
from finobs.core.errors import Conflict, Invalid, NotFound
from finobs.core.reads import first_or_not_found

from . import queries, tree
from .models import Checkpoint, Event, TreeLeaf
from .proofs import ConsistencyProof, InclusionProof

MAX_OFFERED_CHECKPOINTS: Final = 50


def seal_state(user: Any) -> queries.SealState:
    """How the sealer is doing. It holds no content, so that whoever comes to the ledger's pages is told."""
    return queries.seal_state()


def events_visible(user: Any) -> QuerySet[Event]:
    """The events of one's units, newest first, for who may read the ledger: who, what, when. What they say is another
    matter. Those of no unit are for who holds a grant on the organisation."""
    return access.restrict(Event.objects.select_related("actor", "place"), user, "view").order_by("-id")


def event_get(user: Any, uid: UUID | str) -> Event:
    """One event of one's units, or of something that one sees. Raises NotFound."""
    try:
        event = Event.objects.select_related("actor", "place").filter(uid=uid).first()
    except (ValueError, TypeError):
        event = None
    if event is None or not (access.allowed(user, "view", event) or _is_of_something_seen(user, event)):
        raise NotFound
    return event


def _is_of_something_seen(user: Any, event: Event) -> bool:
    subject = queries.subject_of(event.subject_type, event.subject_id) if may_open_events(user) else None
    return subject is not None and _may_view(user, subject)


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
    # No `restrict`: whoever sees the subject sees what was done to it, without the right to read the whole ledger.
    events = Event.objects.select_related("actor", "place").filter(subject_type=subject_type, subject_id=subject_id)
    return events.order_by("-id")


def inclusion_proof_if_sealed(user: Any, event: Event) -> InclusionProof | None:
    """As `inclusion_proof`, under the first checkpoint that seals `event`; None while it waits to be sealed."""
    access.require(user, "view", Event)
    return inclusion_proof(user, event) if TreeLeaf.objects.filter(event=event).exists() else None


def inclusion_proof(user: Any, event: Event, size: int | None = None) -> InclusionProof:
    """The proof of `event` under the first checkpoint that seals it, or under the one of `size` records.

    Raises Conflict while the event waits to be sealed, Invalid where no checkpoint of that size seals it.
    """
    access.require(user, "view", Event)
    place = TreeLeaf.objects.filter(event=event).first()
    if place is None:
        raise Conflict("This event is not sealed yet; ask again in a moment.")
    if size is None:
        checkpoint = first_or_not_found(Checkpoint.objects.filter(size__gt=place.seq).order_by("size"))
    else:
        checkpoint = _checkpoint_of(size, "size")
    if checkpoint.size <= place.seq:
        raise Invalid(
            fields={"size": [f"The event is record {place.seq}: the log of {size:,} records ends before it."]}
        )
    body = None if event_data(user, event) is None else bytes(event.body)
    return InclusionProof(event, place.seq, checkpoint, tree.inclusion(place.seq, checkpoint.size), body)


def checkpoints_visible(user: Any) -> QuerySet[Checkpoint]:
    return access.restrict(Checkpoint.objects.all(), user, "view").order_by("-size")


def checkpoint_latest(user: Any) -> Checkpoint:
    return first_or_not_found(checkpoints_visible(user), "Nothing has been sealed yet.")


def checkpoints_offered(user: Any) -> list[int]:
    """The sizes of the newest checkpoints, to choose from. Raises NotAllowed for who may not read the ledger."""
    access.require(user, "view", Checkpoint)
    return list(checkpoints_visible(user).values_list("size", flat=True)[:MAX_OFFERED_CHECKPOINTS])


def consistency_proof(user: Any, old: int, new: int | None = None) -> ConsistencyProof:
    """The proof that the log at the checkpoint of `new` records (the newest without) extends the one of `old` records.

    Raises Invalid where there is no checkpoint of such a size: what nobody signed proves nothing to anybody.
    """
    access.require(user, "view", Checkpoint)
    newer = checkpoint_latest(user) if new is None else _checkpoint_of(new, "to")
    older = _checkpoint_of(old, "from")
    if older.size > newer.size:
        raise Invalid(fields={"from": [f"The older log cannot have more records than the newer, {newer.size:,}."]})
    return ConsistencyProof(older, newer, tree.consistency(older.size, newer.size))


def _checkpoint_of(size: int, field: str) -> Checkpoint:
    checkpoint = Checkpoint.objects.filter(size=size).first()
    if checkpoint is None:
        newest = Checkpoint.objects.values_list("size", flat=True).first() or 0
        raise Invalid(fields={field: [f"There is no checkpoint of {size:,} records; the newest has {newest:,}."]})
    return checkpoint


def _may_view(user: Any, subject: Model) -> bool:
    try:
        return access.allowed(user, "view", subject)
    except ImproperlyConfigured:
        return False
