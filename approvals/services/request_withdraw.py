from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import InvalidTransition, NotAllowed
from finobs.core.service import service

from ..choices import RequestState
from ..lifecycle import end, lock
from ..models import Request


@service
def request_withdraw(*, actor: User, request: Request, reason: str = "") -> Request:
    """Take back a request that is still pending.

    Who: the requester. Records: approval.withdraw. Raises: NotFound, NotAllowed, InvalidTransition.
    """
    locked, subject = lock(request.pk)
    access.require(actor, "view", subject)
    if locked.requested_by_id != actor.pk:
        raise NotAllowed("Only whoever asked can withdraw this.")
    if locked.state != RequestState.PENDING:
        raise InvalidTransition(f"This request is not pending: {locked.get_state_display().lower()}.")
    end(request=locked, state=RequestState.WITHDRAWN, actor=actor, outcome=reason.strip() or "Withdrawn.")
    return locked
