from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from . import item_locking
from .item_locking import I


@service
def item_release(*, actor: User, item: I, version: int | None = None) -> I:
    """Give an incident or a case that one holds back to its queue.

    Who: its holder. Records: case.release, incident.release. Raises: NotFound, NotAllowed, InvalidTransition, Conflict.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    require_version(locked, version)
    lease = item_locking.lease_of(locked)
    item_locking.check("release", item=locked, actor=actor, lease=lease)
    if lease is not None:
        lease.delete()
    locked.assignee = None
    item_locking.save(locked, actor=actor, reason="Released", fields=["assignee"])
    record(actor=actor, action=f"{locked.KIND}.release", subject=locked)
    return locked
