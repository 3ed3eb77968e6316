"""What waiting for an approval does to an incident or a case. Called by approvals, with the row locked."""

from __future__ import annotations

from finobs.accounts.models import User
from finobs.core.service import service

from ..choices import CaseStatus
from ..models import WorkItem
from ..workflow import target
from . import item_locking


@service
def item_await_approval(*, actor: User, item: WorkItem) -> None:
    """Let a locked item wait for the approval of its closing: nobody holds it any more.

    Whoever wrote its last note stays its last editor, however often and by whomever a closing is proposed; of one
    without notes that is the first who proposed. Who: finobs, for whoever proposed. Records: history; the event is the
    request's. Raises: InvalidTransition.
    """
    item_locking.check("await_approval", item=item, actor=actor, lease=None)
    item.status = target("await_approval", item.status, item.KIND)
    item.last_edited_by = item.last_edited_by or actor
    item_locking.save(item, actor=actor, reason="Proposed to close", fields=["status", "last_edited_by"])
    item_locking.end_lease(item)


@service
def item_resume(*, actor: User, item: WorkItem, reason: str) -> None:
    """Send a locked item that waits for approval back to work. One that does not wait is left as it is.

    Who: finobs, for whoever ended the request. Records: history with `reason`; the event is the request's.
    """
    if item.status != CaseStatus.AWAITING_APPROVAL:
        return
    item.status = target("resume", item.status, item.KIND)
    item_locking.save(item, actor=actor, reason=reason, fields=["status"])
