from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service

from ..choices import ItemKind
from ..models import Case, Incident, Queue
from . import item_locking
from .holding_limit import require_room
from .item_take import take
from .next_item_sql import lock_first_free


@service
def item_take_next(*, actor: User, queue: Queue, kind: str = ItemKind.CASE) -> Case | Incident | None:
    """Take the most urgent case (or incident: `kind`) of `queue` that nobody holds; None when there is none.

    Whoever holds one already is given another one. No two people are ever given the same. What waits is not handed out.
    Who: work on the queue. Records: case.take, incident.take. Raises: NotFound, NotAllowed, and HoldingLimit where the
    actor holds as many as one person may.
    """
    access.require(actor, "work", queue)
    passed_by: list[int] = []
    while (free := lock_first_free(kind, queue.pk, passed_by)) is not None:
        candidate, most = free
        # Asked only where there is a limit and something to take, and once.
        if not passed_by:
            require_room(actor, most)
        # It may have been taken since that statement began: then there is a lease on it, and none is given.
        lease = item_locking.grant_free_lease(candidate, actor, minutes=candidate.queue.lease_minutes)
        if lease is not None:
            return take(item=candidate, actor=actor, lease=lease)
        passed_by.append(candidate.pk)
    return None
