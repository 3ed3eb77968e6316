from __future__ import annotations

from django.db import transaction
from django.db.models import Model

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Conflict, FinobsError, Invalid, InvalidTransition, NotAllowed
from finobs.core.reasons import optional_reason, require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from .. import snapshot
from ..choices import RequestState, Vote
from ..eligibility import why_not_second_eyes
from ..lifecycle import end_request, event_data, lock_request
from ..models import ApprovalDecision, ApprovalRequest
from ..registry import Approval, get


def request_decide(
    *, actor: User, request: ApprovalRequest, vote: str, reason: str = "", digest: str, version: int | None = None
) -> ApprovalRequest:
    """Approve or reject a pending request; `digest` is of the snapshot that the actor saw: more than a version says.

    Who: a person with the action's deciding grant on the subject, who neither asked, nor last edited the subject,
    nor decided already; superusers included. The last approval that the quorum needs uses the request up and carries
    the action out, in the same transaction; one rejection, which needs a reason, ends the request.
    Records: approval.decide, and approval.use (before the events of the action) or approval.reject. Raises: NotFound,
    NotAllowed, InvalidTransition, Invalid, Stale, and Conflict when the request has expired, the subject has changed,
    or the action could not be carried out; the request is then ended, and stays so.
    """
    row = _decide(actor=actor, request=request, vote=_vote(vote), reason=reason, digest=digest, version=version)
    if row.state in (RequestState.VOID, RequestState.EXPIRED):
        raise Conflict(row.end_reason)
    return row


def _vote(text: str) -> Vote:
    try:
        return Vote(text)
    except ValueError:
        raise Invalid(fields={"vote": [f"{text!r} is neither approve nor reject."]}) from None


@service
def _decide(
    *, actor: User, request: ApprovalRequest, vote: Vote, reason: str, digest: str, version: int | None
) -> ApprovalRequest:
    """Ends stale requests by returning them ended, not by raising: that they are void must be committed."""
    locked, subject = lock_request(request.pk)
    access.require(actor, "view", subject)
    access.require(actor, get(locked.action).decide_action, subject)
    if locked.state != RequestState.PENDING:
        raise InvalidTransition(f"This request is not pending: {locked.get_state_display().lower()}.")
    if refusal := why_not_second_eyes(actor, locked, subject):
        raise NotAllowed(refusal)
    reason = require_reason(reason) if vote == Vote.REJECT else optional_reason(reason)
    require_version(locked, version)
    # SEC-11: a vote counts for exactly what its giver saw.
    if digest != locked.digest:
        raise Conflict("This is not what you saw when you decided. Load the page again.")
    if locked.expires_at <= clock.now():
        _end(locked, subject, actor, RequestState.EXPIRED, "Nobody decided in time.")
        return locked
    if snapshot.digest_now(locked, subject) != locked.digest:
        _end(locked, subject, actor, RequestState.VOID, f"{locked.subject_label} changed after this was asked.")
        return locked
    try:
        # A savepoint: what `execute` refuses takes the vote with it, and the request becomes void (decision 18).
        with transaction.atomic():
            _record_vote(actor=actor, request=locked, subject=subject, vote=vote, reason=reason)
    except FinobsError as error:
        return _void_unexecutable(request.pk, actor, error)
    return locked


def _record_vote(*, actor: User, request: ApprovalRequest, subject: Model, vote: Vote, reason: str) -> None:
    """Keep the vote, and what follows from it."""
    ApprovalDecision.objects.create(
        request=request, vote=vote, reason=reason, digest=request.digest, decided_by=actor,
        requested_by_id=request.requested_by_id, last_edited_by_id=request.last_edited_by_id, decided_at=clock.now(),
    )  # fmt: skip
    data = event_data(request) | {"vote": vote.value, "reason": reason}
    record(actor=actor, action="approval.decide", subject=request, data=data)
    if vote == Vote.REJECT:
        _end(request, subject, actor, RequestState.REJECTED, reason)
    elif 1 + _other_approvals(request, subject, actor) >= request.quorum:
        _end(request, subject, actor, RequestState.USED, "Carried out.")
        get(request.action).execute(request, Approval(id=request.pk, subject=subject, decided_by=actor))


def _other_approvals(request: ApprovalRequest, subject: Model, actor: User) -> int:
    """Other people's approvals that they could still give: who has lost the role or the grant has lost the voice."""
    earlier = request.decisions.filter(vote=Vote.APPROVE).exclude(decided_by=actor).select_related("decided_by")
    action = get(request.action).decide_action
    return sum(access.allowed(decision.decided_by, action, subject) for decision in earlier)


def _void_unexecutable(request_id: int, actor: User, error: FinobsError) -> ApprovalRequest:
    """It was approved, but the requester may not do it any more, or the workflow moved on: nothing of it has happened.

    Read again: what the attempt changed of these rows was rolled back.
    """
    request, subject = lock_request(request_id)
    _end(request, subject, actor, RequestState.VOID, f"It could not be carried out: {error.message}")
    return request


def _end(request: ApprovalRequest, subject: Model, actor: User, state: RequestState, end_reason: str) -> None:
    end_request(request=request, subject=subject, state=state, actor=actor, end_reason=end_reason)
