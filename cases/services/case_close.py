from __future__ import annotations

from typing import Any, Final, NoReturn

from approvals.models import ApprovalRequest
from approvals.registry import Approval
from approvals.selectors import pending_same
from finobs.accounts.models import User
from finobs.core import access, clock, gate
from finobs.core.errors import ApprovalRequired, Invalid
from finobs.core.reasons import why_not_reason
from finobs.core.service import service
from finobs.core.text import clean
from finobs.core.versions import require_version
from finobs.ledger.services import record
from transactions.choices import LabelOrigin
from transactions.services import label_add

from ..choices import REASONS_BY_DISPOSITION, CaseStatus, Disposition, ReasonCode
from ..models import Case, WorkLease
from ..workflow import target
from . import case_locking

CLOSE_ACTION: Final = "cases.close"
MIN_RATIONALE_LENGTH: Final = 10
MAX_RATIONALE_LENGTH: Final = 10_000


@service
def case_close(
    *, actor: User, case: Case, disposition: str, reason_code: str, rationale: str, version: int | None = None
) -> NoReturn:
    """Propose to close a case with a conclusion; it is closed once a lead has approved (see `close_approved`).

    `version` is the case's as the actor saw it. Asking for the same again is answered with the same request.
    Who: work on its queue, while nobody else holds it. Gate: cases.close. Records: approval.request. Raises:
    ApprovalRequired when all is well, NotFound, NotAllowed, InvalidTransition, Invalid, Stale, and Conflict when
    somebody else holds the case.
    """
    locked = case_locking.lock_case(case)
    access.require(actor, "work", locked)
    payload = _payload(disposition=disposition, reason_code=reason_code, rationale=rationale)
    # A repeated call is answered with the same request, not refused: the first answer may have been lost.
    if locked.status == CaseStatus.AWAITING_APPROVAL:
        pending = pending_same(actor, action=CLOSE_ACTION, subject=locked, payload=payload)
        if pending is not None:
            raise ApprovalRequired(pending.pk, "This already waits for approval.")
    case_locking.check("close", case=locked, actor=actor, lease=case_locking.lease_of(locked))
    require_version(locked, version)
    gate.require_approval(actor=actor, action=CLOSE_ACTION, subject=locked, payload=payload)


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


@service
def close_approved(request: ApprovalRequest, approval: Approval) -> None:
    """Close the locked case as approved, as its requester. Called by approvals in the deciding vote.

    Its conclusion is written down as labels of the alerts' own transactions, known from now.
    Who: work on its queue, still. Records: case.close, which names the labels. Raises: NotFound, NotAllowed,
    InvalidTransition.
    """
    actor, case = request.requested_by, approval.subject
    # Again: between proposal and vote the requester may have lost the role or the grant (decision 7).
    access.require(actor, "work", case)
    case_locking.check("execute", case=case, actor=actor, lease=None)
    for name, value in request.payload.items():
        setattr(case, name, value)
    case.status, case.closed_at = target("execute", case.status), clock.now()
    case_locking.save(case, actor=actor, reason="Closed", fields=["status", "closed_at", *request.payload])
    WorkLease.objects.filter(case=case).delete()
    data = {**request.payload, "approval": str(approval.id), "labels": _label(actor, case)}
    record(actor=actor, action="case.close", subject=case, data=data)


def _label(actor: User, case: Case) -> dict[str, Any]:
    """Write down, for the transactions of the alerts that lie in the case now, what was concluded of it.

    Suspicious only if it was confirmed. Returns what the event says of it.
    """
    assert case.closed_at is not None
    # Said of the alerts' own transactions only, never of everything that lay in the case.
    is_suspicious = case.disposition == Disposition.CONFIRMED
    labels = label_add(
        actor=actor, transactions=case.case_alerts.values_list("alert__transaction_id", flat=True),
        origin=LabelOrigin.CASE, is_suspicious=is_suspicious, known_at=case.closed_at,
        typology=case.typology if is_suspicious else "",
    )  # fmt: skip
    return {"is_suspicious": is_suspicious, "transactions": [str(pk) for pk in labels]}


def _payload(*, disposition: str, reason_code: str, rationale: str) -> dict[str, str]:
    """What is proposed, checked: a conclusion, a reason code that goes with it, and why. Raises Invalid."""
    fields: dict[str, list[str]] = {}
    reasons = REASONS_BY_DISPOSITION.get(Disposition(disposition)) if disposition in Disposition.values else None
    if not reasons:
        fields["disposition"] = ["Choose what you conclude."]
    elif reason_code not in reasons:
        is_known = reason_code in ReasonCode.values
        fields["reason_code"] = ["This reason does not go with that conclusion." if is_known else "Choose a reason."]
    if refusal := why_not_reason(rationale, min_length=MIN_RATIONALE_LENGTH, max_length=MAX_RATIONALE_LENGTH):
        fields["rationale"] = [refusal]
    if fields:
        raise Invalid(fields=fields)
    return {"disposition": disposition, "reason_code": reason_code, "rationale": clean(rationale, multiline=True)}
