from __future__ import annotations

from cases import workflow
from cases.models import Case
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.ledger.services import record, timestamp

from . import frame


@service
def case_take(*, actor: User, case: Case) -> Case:
    """Take a case that nobody holds; taking what one holds already only extends the hold.

    Who: work on its queue. Records: case.take. Raises: NotFound, NotAllowed, InvalidTransition, and Conflict naming
    who holds it and since when.
    """
    locked = frame.lock_case(case)
    access.require(actor, "work", locked)
    lease = frame.lease_of(locked)
    if workflow.holding_of(lease, actor) == "mine":
        frame.renew(locked, actor, lease)
        return locked
    frame.check("take", case=locked, actor=actor, lease=lease)
    return take(case=locked, actor=actor)


def take(*, case: Case, actor: User) -> Case:
    """Hand a locked, free case to `actor`."""
    before = case.assignee_id
    lease = frame.hold(case, actor, minutes=case.queue.lease_minutes)
    case.status, case.assignee = workflow.target("take", case.status), actor
    frame.save(case, actor=actor, why="Taken", fields=["status", "assignee"])
    data = {"until": timestamp(lease.expires_at), "assignee_before": str(before) if before else None}
    record(actor=actor, action="case.take", subject=case, data=data)
    return case
