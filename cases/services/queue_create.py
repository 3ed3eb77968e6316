from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import Group

from finobs.accounts.models import OrgUnit, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.system import system_actor
from finobs.core import access, history
from finobs.core.service import service
from finobs.ledger.services import record

from ..models import Queue
from .queue_fields import queue_data, replace_default, validate_queue

AUDITORS = "auditor"
DEFAULT_SLUG = "general"


@service
def queue_create(
    *, actor: User, slug: str, name: str, description: str = "", typologies: Sequence[str] = (),
    is_default: bool = False, lease_minutes: int = 30, alerts_a_day: int | None = None, unit: OrgUnit | None = None,
) -> Queue:  # fmt: skip
    """Make a queue, of the whole organisation or of a unit. Auditors see those of the organisation from their first
    moment; those of a unit are for auditors who hold a grant on it.

    Who: system:config. Records: queue.create. Raises: NotAllowed, Invalid.
    """
    access.require(actor, "create", Queue)
    queue = Queue(
        slug=slug, name=name, description=description, typologies=list(typologies), is_default=is_default,
        lease_minutes=lease_minutes, alerts_a_day=alerts_a_day, unit_id=ROOT_ID if unit is None else unit.pk,
    )  # fmt: skip
    return _create(actor=actor, queue=queue)


@service
def ensure_default_queue() -> Queue:
    """The organisation's queue that takes what no other takes, made by finobs itself when there is none."""
    own = Queue.objects.filter(unit_id=ROOT_ID)
    default = own.filter(is_default=True).first() or own.filter(slug=DEFAULT_SLUG).first()
    if default is not None:
        return default
    is_used = Queue.objects.filter(slug=DEFAULT_SLUG).exists()
    slug = f"{DEFAULT_SLUG}-organisation" if is_used else DEFAULT_SLUG
    queue = Queue(slug=slug, name="General", is_default=True, description="Takes what no other queue takes.")
    return _create(actor=system_actor("group-alerts"), queue=queue)


def _create(*, actor: User, queue: Queue) -> Queue:
    validate_queue(queue)
    former_defaults = replace_default(queue, actor=actor)
    history.save(queue, actor=actor)
    viewers = [AUDITORS] if queue.unit_id == ROOT_ID else []
    for group in Group.objects.filter(name__in=viewers):
        access.grant(group, "view", queue)
    data = queue_data(queue) | {"viewers": viewers}
    record(actor=actor, action="queue.create", subject=queue, data=data, related=former_defaults)
    return queue
