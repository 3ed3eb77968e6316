from __future__ import annotations

from typing import Any

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Queue
from .queue_fields import queue_data, replace_default, validate_queue

CHANGEABLE_FIELDS = ("name", "description", "typologies", "is_default", "lease_minutes", "alerts_a_day")


@service
def queue_change(*, actor: User, queue: Queue, version: int | None = None, **fields: Any) -> Queue:
    """Change a queue's name, description, typologies, lease_minutes, alerts_a_day or is_default. Its slug stays.

    Who: system:config. Records: queue.change. Raises: NotFound, NotAllowed, Invalid,
    Stale.
    """
    locked = first_or_not_found(Queue.objects.select_for_update().filter(pk=queue.pk))
    access.require(actor, "change", locked)
    require_version(locked, version)
    if unknown := sorted(set(fields) - set(CHANGEABLE_FIELDS)):
        raise Invalid(fields={name: ["This cannot be changed."] for name in unknown})
    before = queue_data(locked)
    for name, value in fields.items():
        setattr(locked, name, value)
    validate_queue(locked)
    if queue_data(locked) == before:
        return locked
    former_defaults = replace_default(locked, actor=actor)
    history.save(locked, actor=actor)
    record(actor=actor, action="queue.change", subject=locked, related=former_defaults)
    return locked
