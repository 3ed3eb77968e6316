from __future__ import annotations

from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Case
from ..workflow import target
from . import case_locking

# Whoever is given a case need not sit at the desk this minute: they get a day.
ASSIGNED_MINUTES = 24 * 60


@service
def case_assign(*, actor: User, case: Case, to: User, reason: str, version: int | None = None) -> Case:
    """Give a case to somebody, whoever holds it now.

    Who: lead on its queue. `to` must be a person who may work it. Records: case.assign.
    Raises: NotFound, NotAllowed, InvalidTransition, Invalid.
    """
    locked = case_locking.lock_case(case)
    access.require(actor, "lead", locked)
    case_locking.check("assign", case=locked, actor=actor, lease=case_locking.lease_of(locked))
    require_version(locked, version)
    reason = require_reason(reason)
    if to.kind != UserKind.HUMAN or not access.allowed(to, "work", locked):
        raise Invalid(fields={"to": [f"{to} may not work this case."]})
    before = locked.assignee_id
    case_locking.grant_lease(locked, to, minutes=ASSIGNED_MINUTES)
    locked.status, locked.assignee = target("assign", locked.status), to
    case_locking.save(locked, actor=actor, reason=f"Assigned: {reason}", fields=["status", "assignee"])
    data = {"to": str(to.pk), "from": str(before) if before else None, "reason": reason}
    record(actor=actor, action="case.assign", subject=locked, data=data)
    return locked
