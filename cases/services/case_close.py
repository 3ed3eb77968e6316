from __future__ import annotations

from approvals.models import ApprovalRequest
from approvals.selectors import pending_same
from finobs.accounts.models import User
from finobs.core import access, clock, gate
from finobs.core.errors import ApprovalRequired, Conflict
from finobs.core.service import service
from finobs.ledger.services import record

from .. import approval_actions
from ..choices import CaseStatus
from ..models import Case, WorkLease
from ..workflow import target
from . import case_locking


@service
def case_close(*, actor: User, case: Case, disposition: str, reason_code: str, rationale: str, version: int) -> Case:
    """Propose to close a case with a conclusion; it is closed once a lead has approved.

    `version` is the case's as the actor saw it. Asking for the same again is answered with the same request.
    Who: work on its queue, while nobody else holds it. Gate: cases.close. Records: approval.request, later
    case.close. Raises: ApprovalRequired, NotFound, NotAllowed, InvalidTransition, Invalid, and Conflict when the
    form was stale or somebody else holds the case.
    """
    locked = case_locking.lock_case(case)
    access.require(actor, "work", locked)
    payload = approval_actions.close_payload(disposition=disposition, reason_code=reason_code, rationale=rationale)
    if locked.status == CaseStatus.AWAITING_APPROVAL:
        asked = pending_same(action=approval_actions.CLOSE_ACTION, requester=actor, subject=locked, payload=payload)
        if asked is not None:
            raise ApprovalRequired(asked.pk, "This already waits for approval.")
    case_locking.check("close", case=locked, actor=actor, lease=case_locking.lease_of(locked))
    if version != locked.version:
        raise Conflict("The case has changed since you looked at it. Read what is new, then propose again.")
    approval = gate.pass_through(actor=actor, action=approval_actions.CLOSE_ACTION, subject=locked, payload=payload)
    return _close(actor=actor, case=locked, payload=payload, approval=approval)


@service
def close_approved(request: ApprovalRequest, approver: User) -> Case:
    """Carry out an approved closing as its requester, by using the approval up. Called by approvals."""
    actor = request.requested_by
    locked = case_locking.lock_case(Case(pk=int(request.subject_id)))
    access.require(actor, "work", locked)
    case_locking.check("carry_out", case=locked, actor=actor, lease=None)
    approval = gate.pass_through(
        actor=actor, action=approval_actions.CLOSE_ACTION, subject=locked, payload=request.payload
    )
    locked.refresh_from_db()
    return _close(actor=actor, case=locked, payload=request.payload, approval=approval)


def _close(*, actor: User, case: Case, payload: dict[str, str], approval: int) -> Case:
    for name, value in payload.items():
        setattr(case, name, value)
    case.status, case.closed_at = target("carry_out", case.status), clock.now()
    case_locking.save(case, actor=actor, reason="Closed", fields=["status", "closed_at", *payload])
    WorkLease.objects.filter(case=case).delete()
    record(actor=actor, action="case.close", subject=case, data={**payload, "approval": str(approval)})
    return case
