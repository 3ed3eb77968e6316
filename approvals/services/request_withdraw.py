from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import InvalidTransition, NotAllowed
from finobs.core.reasons import optional_reason
from finobs.core.service import service
from finobs.core.versions import require_version

from ..choices import RequestState
from ..lifecycle import end_request, lock_request
from ..models import ApprovalRequest


@service
def request_withdraw(
    *, actor: User, request: ApprovalRequest, reason: str = "", version: int | None = None
) -> ApprovalRequest:
    """Take back a request that is still pending.

    Who: the requester; a token of theirs must name compliance:resolve. Records: approval.withdraw. Raises: NotFound,
    NotAllowed, InvalidTransition, Stale.
    """
    locked, subject = lock_request(request.pk)
    access.require(actor, "view", subject)
    access.require(actor, "withdraw", locked)
    if locked.requested_by_id != actor.pk:
        raise NotAllowed("Only whoever asked can withdraw this.")
    if locked.state != RequestState.PENDING:
        raise InvalidTransition(f"This request is not pending: {locked.get_state_display().lower()}.")
    require_version(locked, version)
    end_reason = optional_reason(reason) or "Withdrawn."
    end_request(request=locked, subject=subject, state=RequestState.WITHDRAWN, actor=actor, end_reason=end_reason)
    return locked
