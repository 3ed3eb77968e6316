"""Every read of requests: those who may see the subject may see what is asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import BigIntegerField, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from finobs.accounts.choices import UserKind
from finobs.core import access, clock, navigation
from finobs.core.db.exists import ExistsByKey
from finobs.core.reads import first_or_not_found
from finobs.ledger.services import subject_key

from . import eligibility, snapshot
from .choices import RequestState
from .models import ApprovalRequest
from .registry import ApprovalAction, actions, get


def requests_visible(user: Any) -> QuerySet[ApprovalRequest]:
    """Requests about subjects that `user` may see."""
    rows = access.restrict(ApprovalRequest.objects.all(), user, "view")
    return _people(rows.filter(_about(user, lambda _: "view")))


def requests_own(user: Any) -> QuerySet[ApprovalRequest]:
    """What `user` asked for."""
    return requests_visible(user).filter(requested_by=user)


def inbox(user: Any) -> QuerySet[ApprovalRequest]:
    """Pending requests that `user` may decide."""
    if getattr(user, "kind", None) != UserKind.HUMAN:
        return ApprovalRequest.objects.none()
    rows = access.restrict(
        ApprovalRequest.objects.filter(state=RequestState.PENDING, expires_at__gt=clock.now()), user, "view"
    )
    # What they could only be refused is not counted as waiting for them.
    rows = rows.exclude(requested_by=user).exclude(last_edited_by=user)
    rows = rows.exclude(decisions__decided_by=user)
    return _people(rows.filter(_about(user, lambda action: action.decide_action)))


def inbox_count(user: Any) -> int:
    """How many, or one more than the shell shows: it says "99+", on every page, and is not worth counting thousands."""
    return inbox(user).order_by()[: navigation.MAX_COUNT + 1].count()


def request_get(user: Any, pk: int) -> ApprovalRequest:
    """One visible request with its decisions. Raises NotFound."""
    return first_or_not_found(requests_visible(user).filter(pk=pk).prefetch_related("decisions__decided_by"))


def requests_of(user: Any, subject_type: str, subject_id: str | int) -> QuerySet[ApprovalRequest]:
    """What was ever asked about one subject, newest first."""
    rows = requests_visible(user).filter(subject_type=subject_type, subject_id=str(subject_id))
    return rows.prefetch_related("decisions__decided_by").order_by("-pk")


def pending_same(user: Any, *, action: str, subject: Model, payload: Mapping[str, Any]) -> ApprovalRequest | None:
    """The user's own request that waits for exactly this, if there is one. For repeated calls."""
    kind, key = subject_key(subject)
    pending = ApprovalRequest.objects.filter(
        action=action, subject_type=kind, subject_id=key, state=RequestState.PENDING, requested_by=user
    ).first()
    is_same = pending is not None and pending.digest == snapshot.build(get(action), subject, payload)[1]
    return pending if is_same else None


def may_decide(user: Any, request: ApprovalRequest) -> str:
    """Why `user` may not decide `request`; empty when they may."""
    subject = get(request.action).subject_model._default_manager.filter(pk=request.subject_id).first()
    return eligibility.why_not_decide(user, request, subject) if subject is not None else "The subject is gone."


def may_withdraw(user: Any, request: ApprovalRequest) -> bool:
    return eligibility.may_withdraw(user, request)


def _people(rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    return rows.select_related("requested_by", "last_edited_by")


def _about(user: Any, action_on: Any) -> Q:
    """Requests whose subject passes `restrict`, for every registered action."""
    about = Q(pk__in=[])
    for action in actions():
        subjects = _subjects(user, action, action_on(action))
        # Most people decide on nothing, and are told so on every page: for them the database is not asked.
        if not subjects.query.is_empty():
            about |= Q(action=action.name) & Q(ExistsByKey(subjects))
    return about


def _subjects(user: Any, action: ApprovalAction, may: str) -> QuerySet[Any]:
    """By primary key: one index look-up for each request. Subjects have whole-number keys."""
    subjects = access.restrict(action.subject_model._default_manager.all(), user, may)
    # The subject's id is text, for any model may be one; the cast is on our side, so that its index is used.
    return subjects.filter(pk=Cast(OuterRef("subject_id"), BigIntegerField())).order_by()
