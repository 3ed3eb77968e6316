from __future__ import annotations

from typing import Any, Final, NoReturn

from approvals.models import ApprovalRequest
from approvals.registry import Approval
from approvals.selectors import pending_same
from finobs.accounts.models import User
from finobs.core import access, gate
from finobs.core.errors import ApprovalRequired
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import CaseStatus
from ..models import Case
from . import item_locking
from .conclusion import CONCLUSION_FIELDS, add_labels, conclude, conclusion, conclusion_data
from .queue_entries import leave_queue

CLOSE_ACTION: Final = "cases.close"


@service
def case_close(
    *, actor: User, item: Case, disposition: str, reason_code: str, rationale: str, version: int | None = None
) -> NoReturn:
    """Propose to close a case with a conclusion; it is closed once a lead has approved (see `close_approved`).

    `version` is the case's as the actor saw it. Asking for the same again is answered with the same request.
    Who: work on its queue, while nobody else holds it. Gate: cases.close. Records: approval.request. Raises:
    ApprovalRequired when all is well, NotFound, NotAllowed, InvalidTransition, Invalid, Stale, and Conflict when
    somebody else holds the case.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    payload = conclusion(locked, disposition=disposition, reason_code=reason_code, rationale=rationale)
    # A repeated call is answered with the same request, not refused: the first answer may have been lost.
    if locked.status == CaseStatus.AWAITING_APPROVAL:
        pending = pending_same(actor, action=CLOSE_ACTION, subject=locked, payload=payload)
        if pending is not None:
            raise ApprovalRequired(pending.pk, "This already waits for approval.")
    item_locking.check("close", item=locked, actor=actor, lease=item_locking.lease_of(locked))
    require_version(locked, version)
    gate.require_approval(actor=actor, action=CLOSE_ACTION, subject=locked, payload=payload)


@service
def close_approved(request: ApprovalRequest, approval: Approval) -> None:
    """Close the locked incident or case as approved, as its requester. Called by approvals in the deciding vote.

    Its conclusion is written down as labels of the alerts' own transactions, known from now.
    Who: work on its queue, still. Records: case.close, incident.close, which name the labels. Raises: NotFound,
    NotAllowed, InvalidTransition.
    """
    actor, item = request.requested_by, approval.subject
    # Again: between proposal and vote the requester may have lost the role or the grant (decision 7).
    access.require(actor, "work", item)
    item_locking.check("execute", item=item, actor=actor, lease=None)
    conclude(item, request.payload, action="execute")
    item_locking.save(item, actor=actor, reason="Closed", fields=CONCLUSION_FIELDS)
    item_locking.end_lease(item)
    leave_queue(item)
    labels = add_labels(actor, item)
    data: dict[str, Any] = {**conclusion_data(item, request.payload), "approval": str(approval.id), "labels": labels}
    record(actor=actor, action=f"{item.KIND}.close", subject=item, data=data)
