from __future__ import annotations

from django.db import transaction
from django.db.models import Model

from finobs.accounts.models import User
from finobs.core import access, clock, history
from finobs.core.errors import Conflict, FinobsError, Invalid, InvalidTransition, NotAllowed
from finobs.core.reasons import optional_reason, require_reason
from finobs.core.service import service
from finobs.ledger.services import record

from .. import snapshot
from ..choices import RequestState, Vote
from ..eligibility import why_not_theirs
from ..lifecycle import end_request, event_data, lock_request
from ..models import ApprovalDecision, ApprovalRequest
from ..registry import get


def request_decide(
    *, actor: User, request: ApprovalRequest, vote: str, reason: str = "", digest: str
) -> ApprovalRequest:
    """Approve or reject a pending request; `digest` is of what the actor was shown.

    Who: a person with the action's deciding grant on the subject, who neither asked, nor last edited the subject,
    nor decided already; superusers included. The last approval that the quorum needs carries the action out in the
    same transaction; one rejection, which needs a reason, ends the request.
    Records: approval.decide, and approval.use or approval.reject. Raises: NotFound, NotAllowed, InvalidTransition,
    Invalid, and Conflict when the request has expired, the subject is no longer what was shown, or the action could
    not be carried out; the request is then ended, and stays so.
    """
    decided = _decide(actor=actor, request=request, vote=_vote(vote), reason=reason, digest=digest)
    if decided.state in (RequestState.VOID, RequestState.EXPIRED):
        raise Conflict(decided.outcome)
    return decided


def _vote(text: str) -> Vote:
    try:
        return Vote(text)
    except ValueError:
        raise Invalid(fields={"vote": [f"{text!r} is neither approve nor reject."]}) from None


@service
def _decide(*, actor: User, request: ApprovalRequest, vote: Vote, reason: str, digest: str) -> ApprovalRequest:
    """Ends stale requests by returning them ended, not by raising: that they are void must be committed."""
    locked, subject = lock_request(request.pk)
    access.require(actor, "view", subject)
    access.require(actor, get(locked.action).decide_action, subject)
    if locked.state != RequestState.PENDING:
        raise InvalidTransition(f"This request is not pending: {locked.get_state_display().lower()}.")
    if refusal := why_not_theirs(actor, locked, subject):
        raise NotAllowed(refusal)
    reason = require_reason(reason) if vote == Vote.REJECT else optional_reason(reason)
    if digest != locked.digest:
        raise Conflict("You were shown something else than what is asked. Load the page again.")
    if locked.expires_at <= clock.now():
        end_request(
            request=locked, subject=subject, state=RequestState.EXPIRED, actor=actor, outcome="Nobody decided in time."
        )
        return locked
    if snapshot.digest_now(locked, subject) != locked.digest:
        outcome = f"{locked.subject_label} changed after this was asked."
        end_request(request=locked, subject=subject, state=RequestState.VOID, actor=actor, outcome=outcome)
        return locked
    return _settle(actor=actor, request=locked, subject=subject, vote=vote, reason=reason)


def _settle(*, actor: User, request: ApprovalRequest, subject: Model, vote: Vote, reason: str) -> ApprovalRequest:
    try:
        with transaction.atomic():
            return _count(actor=actor, request=request, subject=subject, vote=vote, reason=reason)
    except FinobsError as refused:
        # Approved, but the requester may not do it any more, or the workflow moved on: nothing of it happens.
        unsettled, subject = lock_request(request.pk)
        outcome = f"It could not be carried out: {refused.detail}"
        end_request(request=unsettled, subject=subject, state=RequestState.VOID, actor=actor, outcome=outcome)
        return unsettled


def _count(*, actor: User, request: ApprovalRequest, subject: Model, vote: Vote, reason: str) -> ApprovalRequest:
    ApprovalDecision.objects.create(
        request=request, vote=vote, reason=reason, digest=request.digest, decided_by=actor,
        requested_by_id=request.requested_by_id, last_edited_by_id=request.last_edited_by_id, decided_at=clock.now(),
    )  # fmt: skip
    data = event_data(request) | {"vote": vote.value, "reason": reason}
    record(actor=actor, action="approval.decide", subject=request, data=data)
    if vote == Vote.REJECT:
        end_request(request=request, subject=subject, state=RequestState.REJECTED, actor=actor, outcome=reason)
    elif _voices(request, subject) >= request.quorum:
        request.state = RequestState.APPROVED
        history.save(request, actor=actor, fields=["state"])
        get(request.action).execute(request, actor)
        request.refresh_from_db()
    return request


def _voices(request: ApprovalRequest, subject: Model) -> int:
    """Approvals by people who could still give them: who has lost the role or the grant since has lost the voice."""
    given = request.decisions.filter(vote=Vote.APPROVE).select_related("decided_by")
    action = get(request.action).decide_action
    return sum(access.allowed(decision.decided_by, action, subject) for decision in given)
