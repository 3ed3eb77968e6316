from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record, timestamp

from .. import workflow
from ..models import Case
from . import case_locking


@service
def case_take(*, actor: User, case: Case, version: int | None = None) -> Case:
    """Take a case that nobody holds; taking what one holds already only extends the hold.

    Who: work on its queue. Records: case.take. Raises: NotFound, NotAllowed, InvalidTransition, and Conflict naming
    who holds it and since when.
    """
    locked = case_locking.lock_case(case)
    access.require(actor, "work", locked)
    require_version(locked, version)
    lease = case_locking.lease_of(locked)
    if workflow.holding_of(lease, actor) == "mine":
        case_locking.renew_lease(locked, actor, lease)
        return locked
    case_locking.check("take", case=locked, actor=actor, lease=lease)
    return take(case=locked, actor=actor)


def take(*, case: Case, actor: User) -> Case:
    """Hand a locked, free case to `actor`."""
    before = case.assignee_id
    lease = case_locking.grant_lease(case, actor, minutes=case.queue.lease_minutes)
    case.status, case.assignee = workflow.target("take", case.status), actor
    case_locking.save(case, actor=actor, reason="Taken", fields=["status", "assignee"])
    data = {"until": timestamp(lease.expires_at), "assignee_before": str(before) if before else None}
    record(actor=actor, action="case.take", subject=case, data=data)
    return case
