from __future__ import annotations

from finobs.accounts.models import User
from finobs.core.service import service

from ..choices import CaseStatus
from ..models import Case, WorkLease
from ..workflow import target
from . import case_locking


@service
def case_await_approval(*, actor: User, case: Case) -> None:
    """Let a locked case wait for the approval of its closing: nobody holds it any more.

    Whoever wrote its last note stays its last editor, however often and by whomever a closing is proposed; of a case
    without notes that is the first who proposed. Who: finobs, for whoever proposed. Records: history; the event is the
    request's. Raises: InvalidTransition.
    """
    case_locking.check("await_approval", case=case, actor=actor, lease=None)
    case.status = target("await_approval", case.status)
    case.last_edited_by = case.last_edited_by or actor
    case_locking.save(case, actor=actor, reason="Proposed to close", fields=["status", "last_edited_by"])
    WorkLease.objects.filter(case=case).delete()


@service
def case_reopen(*, actor: User, case: Case, reason: str) -> None:
    """Send a locked case that waits for approval back to work. One that does not wait is left as it is.

    Who: finobs, for whoever ended the request. Records: history with `reason`; the event is the request's.
    """
    if case.status != CaseStatus.AWAITING_APPROVAL:
        return
    case.status = target("reopen", case.status)
    case_locking.save(case, actor=actor, reason=reason, fields=["status"])
