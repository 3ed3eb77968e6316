from __future__ import annotations

from django.db import transaction
from django.db.models import Model

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Conflict, FinobsError, Invalid, InvalidTransition, NotAllowed
from finobs.core.service import service
from finobs.ledger.services import record

from .. import snapshot
from ..choices import RequestState, Verdict
from ..eligibility import why_not_theirs
from ..lifecycle import about, end, lock
from ..models import Decision, Request
from ..registry import get


def request_decide(*, actor: User, request: Request, verdict: str, reason: str = "", digest: str) -> Request:
    """Approve or reject a pending request; `digest` is of what the actor was shown.

    Who: a person with the action's deciding grant on the subject, who neither asked, nor last edited the subject,
    nor decided already; superusers included. The last approval that the quorum needs carries the action out in the
    same transaction; one rejection, which needs a reason, ends the request.
    Records: approval.decide, and approval.use or approval.reject. Raises: NotFound, NotAllowed, InvalidTransition,
    Invalid, and Conflict when the request has expired, the subject is no longer what was shown, or the action could
    not be carried out; the request is then ended, and stays so.
    """
    decided = _decide(actor=actor, request=request, verdict=_verdict(verdict), reason=reason.strip(), digest=digest)
    if decided.state in (RequestState.VOID, RequestState.EXPIRED):
        raise Conflict(decided.outcome)
    return decided


def _verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError:
        raise Invalid(fields={"verdict": [f"{text!r} is neither approve nor reject."]}) from None


@service
def _decide(*, actor: User, request: Request, verdict: Verdict, reason: str, digest: str) -> Request:
    """Ends stale requests by returning them ended, not by raising: that they are void must be committed."""
    locked, subject = lock(request.pk)
    access.require(actor, "view", subject)
    access.require(actor, get(locked.action).decide_action, subject)
    if locked.state != RequestState.PENDING:
        raise InvalidTransition(f"This request is not pending: {locked.get_state_display().lower()}.")
    if refusal := why_not_theirs(actor, locked, subject):
        raise NotAllowed(refusal)
    if verdict == Verdict.REJECT and not reason:
        raise Invalid(fields={"reason": ["Say why you reject it."]})
    if digest != locked.digest:
        raise Conflict("You were shown something else than what is asked. Load the page again.")
    if locked.expires_at <= clock.now():
        end(request=locked, state=RequestState.EXPIRED, actor=actor, outcome="Nobody decided in time.")
        return locked
    if snapshot.digest_now(locked, subject) != locked.digest:
        outcome = f"{locked.subject_label} changed after this was asked."
        end(request=locked, state=RequestState.VOID, actor=actor, outcome=outcome)
        return locked
    return _settle(actor=actor, request=locked, subject=subject, verdict=verdict, reason=reason)


def _settle(*, actor: User, request: Request, subject: Model, verdict: Verdict, reason: str) -> Request:
    try:
        with transaction.atomic():
            return _count(actor=actor, request=request, subject=subject, verdict=verdict, reason=reason)
    except FinobsError as refused:
        # Approved, but the requester may not do it any more, or the workflow moved on: nothing of it happens.
        unsettled = Request.objects.get(pk=request.pk)
        outcome = f"It could not be carried out: {refused.detail}"
        end(request=unsettled, state=RequestState.VOID, actor=actor, outcome=outcome)
        return unsettled


def _count(*, actor: User, request: Request, subject: Model, verdict: Verdict, reason: str) -> Request:
    Decision.objects.create(
        request=request, verdict=verdict, reason=reason, digest=request.digest, decided_by=actor,
        requested_by_id=request.requested_by_id, last_edited_by_id=request.last_edited_by_id, decided_at=clock.now(),
    )  # fmt: skip
    data = about(request) | {"verdict": verdict.value, "reason": reason}
    record(actor=actor, action="approval.decide", subject=request, data=data)
    if verdict == Verdict.REJECT:
        end(request=request, state=RequestState.REJECTED, actor=actor, outcome=reason)
    elif _voices(request, subject) >= request.quorum:
        request.state = RequestState.APPROVED
        request._history_user = actor  # type: ignore[attr-defined]
        request.save(update_fields=["state"])
        get(request.action).execute(request, actor)
        request.refresh_from_db()
    return request


def _voices(request: Request, subject: Model) -> int:
    """Approvals by people who could still give them: who has lost the role or the grant since has lost the voice."""
    given = request.decisions.filter(verdict=Verdict.APPROVE).select_related("decided_by")
    action = get(request.action).decide_action
    return sum(access.allowed(decision.decided_by, action, subject) for decision in given)
