from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from finobs.accounts.models import User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.services import lock_principal, require_no_gain
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Queue
from ..routing import stranded_work
from .queue_create import AUDITORS
from .queue_fields import queue_data, replace_default, validate_queue

CHANGEABLE_FIELDS = ("name", "description", "typologies", "is_default", "lease_minutes", "alerts_a_day", "unit")


@service
def queue_change(*, actor: User, queue: Queue, version: int | None = None, **fields: Any) -> Queue:
    """Change a queue's name, description, typologies, lease_minutes, alerts_a_day, is_default or unit. Its slug stays.

    To another unit it goes only with incidents and cases that the unit is theirs or above it. The auditors, who see the
    queues of the organisation, see it no more in a unit. Who: system:config; nobody moves one to where their own grants
    reach it. Records: queue.change. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    locked = first_or_not_found(Queue.objects.select_for_update().filter(pk=queue.pk))
    access.require(actor, "change", locked)
    require_version(locked, version)
    if unknown := sorted(set(fields) - set(CHANGEABLE_FIELDS)):
        raise Invalid(fields={name: ["This cannot be changed."] for name in unknown})
    before, unit_before = queue_data(locked), locked.unit_id
    for name, value in fields.items():
        setattr(locked, name, value)
    validate_queue(locked)
    if queue_data(locked) == before:
        return locked
    if locked.unit_id != unit_before:
        _move(actor, locked, unit_before)
    former_defaults = replace_default(locked, actor=actor)
    history.save(locked, actor=actor)
    record(actor=actor, action="queue.change", subject=locked, related=former_defaults)
    return locked


def _move(actor: User, queue: Queue, before: int | None) -> None:
    require_no_gain(actor, before, queue.unit.pk)
    if work := stranded_work(queue, queue.unit.pk):
        raise Invalid(fields={"unit": [f"In it would be {work} of units that {queue.unit} does not serve."]})
    if before == ROOT_ID:
        for group in Group.objects.filter(name=AUDITORS):
            lock_principal(group)
            access.revoke(group, "view", queue)
