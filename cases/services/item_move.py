from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import EntryCause
from ..models import Queue
from ..routing import serves
from . import item_locking
from .item_locking import I
from .queue_entries import enter_queue, leave_queue
from .text_digests import reason_digest


@service
def item_move(*, actor: User, item: I, queue: Queue, reason: str, version: int | None = None) -> I:
    """Put an incident or a case into another queue, which serves its unit; whoever holds it lets go.

    Who: work on its queue, and to see the other one. Records: case.move, incident.move. Raises: NotFound, NotAllowed,
    InvalidTransition, Invalid, Stale, Conflict.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    access.require(actor, "view", queue)
    item_locking.check("move", item=locked, actor=actor, lease=item_locking.lease_of(locked))
    require_version(locked, version)
    reason = require_reason(reason)
    if queue.pk == locked.queue_id:
        raise Invalid(fields={"queue": ["It is in this queue."]})
    if not serves(queue, locked.unit_id):
        raise Invalid(fields={"queue": [f"{queue} does not serve the unit of this {locked.KIND}."]})
    before = locked.queue_id
    item_locking.end_lease(locked)
    leave_queue(locked, EntryCause.MOVED)
    locked.queue, locked.assignee = queue, None
    item_locking.save(locked, actor=actor, reason=f"Moved: {reason}", fields=["queue", "assignee"])
    enter_queue([locked], EntryCause.MOVED)
    data = {"from": str(before), "to": str(queue.pk), "reason_digest": reason_digest(locked, reason)}
    record(actor=actor, action=f"{locked.KIND}.move", subject=locked, data=data)
    return locked
