from __future__ import annotations

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.service import service

from ..choices import RequestState
from ..lifecycle import end_request, lock_request
from ..models import ApprovalRequest


def expire_due() -> int:
    """End every pending request whose time is up, each in a transaction of its own. Returns how many.

    Who: the beat. Records: approval.expire. Safe to run twice, and at the same time as a decision.
    """
    actor = system_actor("approvals")
    due = ApprovalRequest.objects.filter(state=RequestState.PENDING, expires_at__lte=clock.now())
    return sum(_expire(actor=actor, request_id=pk) for pk in due.order_by("pk").values_list("pk", flat=True))


@service
def _expire(*, actor: User, request_id: int) -> bool:
    request, subject = lock_request(request_id)
    # Somebody decided, or another beat was here, between the list and the lock.
    if request.state != RequestState.PENDING or request.expires_at > clock.now():
        return False
    end_request(
        request=request, subject=subject, state=RequestState.EXPIRED, actor=actor, end_reason="Nobody decided in time."
    )
    return True
