from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record, timestamp

from .. import workflow
from ..models import WorkLease
from . import item_locking
from .holding_limit import most_held, require_room
from .item_locking import I


@service
def item_take(*, actor: User, item: I, version: int | None = None) -> I:
    """Take an incident or a case that nobody holds; taking what one holds already only extends the hold.

    What waited is being worked again. Who: work on its queue. Records: case.take, incident.take. Raises: NotFound,
    NotAllowed, InvalidTransition, Conflict naming who holds it and since when, and HoldingLimit where the actor holds
    as many as one person may.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    require_version(locked, version)
    lease = item_locking.lease_of(locked)
    is_mine = workflow.holding_of(lease, actor) == "mine"
    if is_mine and locked.status == workflow.target("take", locked.status, locked.KIND):
        item_locking.renew_lease(locked, actor, lease)
        return locked
    item_locking.check("take", item=locked, actor=actor, lease=None if is_mine else lease)
    if not is_mine:
        require_room(actor, most_held())
    lease = item_locking.grant_lease(locked, actor, minutes=locked.queue.lease_minutes)
    return take(item=locked, actor=actor, lease=lease)


def take(*, item: I, actor: User, lease: WorkLease) -> I:
    """Hand a locked item, as it was read when it was locked, to `actor`, who has been given the lease on it."""
    before, status = item.assignee_id, item.status
    item.status, item.assignee = workflow.target("take", status, item.KIND), actor
    stored = {"status": status, "assignee_id": before}
    item_locking.save(item, actor=actor, reason="Taken", fields=["status", "assignee"], stored=stored)
    data = {"until": timestamp(lease.expires_at), "assignee_before": str(before) if before else None}
    record(actor=actor, action=f"{item.KIND}.take", subject=item, data=data, later=True)
    return item
