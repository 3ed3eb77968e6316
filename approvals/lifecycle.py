"""How requests are locked, and how they end.

A pending request ends once. It is *used* by the vote that completes its quorum, *rejected*, *withdrawn* by its
requester, or *expired*; and it becomes *void* where what was asked for is no longer what would happen: its subject
changed (`guard.subject_changed`, told by the services that change it, and found again at each vote), something else was
asked for on the same subject (`guard.require_approval`), or carrying it out was refused (`request_decide`).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.reads import first_or_not_found
from finobs.ledger.services import record

from .choices import RequestState
from .models import ApprovalRequest
from .registry import get

END_EVENTS = {
    RequestState.USED: "approval.use",
    RequestState.REJECTED: "approval.reject",
    RequestState.WITHDRAWN: "approval.withdraw",
    RequestState.EXPIRED: "approval.expire",
    RequestState.VOID: "approval.void",
}


def lock_request(request_id: int) -> tuple[ApprovalRequest, Model]:
    """The request and its subject, both locked. The subject first, as the services of its own app do: no deadlock.

    Raises NotFound when either is gone.
    """
    request = first_or_not_found(ApprovalRequest.objects.filter(pk=request_id))
    subject = _lock_subject(request)
    return ApprovalRequest.objects.select_for_update(of=("self",)).get(pk=request_id), subject


def _lock_subject(request: ApprovalRequest) -> Model:
    rows = get(request.action).subject_model._default_manager.select_for_update(of=("self",))
    return first_or_not_found(rows.filter(pk=request.subject_id), "What this request is about does not exist any more.")


def end_request(*, request: ApprovalRequest, subject: Model, state: RequestState, actor: User, end_reason: str) -> None:
    """End a locked request about the locked `subject`: state, history, and word to the subject that it waits no longer,
    unless it is carried out; one event for all of it."""
    request.state = state
    request.end_reason = end_reason
    request.ended_at = clock.now()
    history.save(request, actor=actor, fields=["state", "end_reason", "ended_at"])
    if state != RequestState.USED:
        get(request.action).on_end(request, subject, actor)
    data = event_data(request) | {"end_reason": end_reason}
    record(actor=actor, action=END_EVENTS[state], subject=request, data=data, related=[subject])


def event_data(request: ApprovalRequest) -> dict[str, Any]:
    """What every event about a request says."""
    return {
        "action": request.action,
        "subject_type": request.subject_type,
        "subject_id": request.subject_id,
        "digest": request.digest,
    }
