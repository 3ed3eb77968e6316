from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import Group

from finobs.accounts.models import User
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
    is_default: bool = False, lease_minutes: int = 30, alerts_a_day: int | None = None,
) -> Queue:  # fmt: skip
    """Make a queue. Auditors see every queue from its first moment.

    Who: system:config. Records: queue.create. Raises: NotAllowed, Invalid.
    """
    access.require(actor, "create", Queue)
    queue = Queue(
        slug=slug, name=name, description=description, typologies=list(typologies), is_default=is_default,
        lease_minutes=lease_minutes, alerts_a_day=alerts_a_day,
    )  # fmt: skip
    return _create(actor=actor, queue=queue)


@service
def ensure_default_queue() -> Queue:
    """The queue that takes what no other takes, made by finobs itself when there is none."""
    default = Queue.objects.filter(is_default=True).first()
    if default is not None:
        return default
    general = Queue.objects.filter(slug=DEFAULT_SLUG).first()
    if general is not None:
        return general
    queue = Queue(slug=DEFAULT_SLUG, name="General", is_default=True, description="Takes what no other queue takes.")
    return _create(actor=system_actor("group-alerts"), queue=queue)


def _create(*, actor: User, queue: Queue) -> Queue:
    validate_queue(queue)
    former_defaults = replace_default(queue, actor=actor)
    history.save(queue, actor=actor)
    for group in Group.objects.filter(name=AUDITORS):
        access.grant(group, "view", queue)
    data = queue_data(queue) | {"viewers": [AUDITORS]}
    record(actor=actor, action="queue.create", subject=queue, data=data, related=former_defaults)
    return queue
