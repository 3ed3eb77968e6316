"""Who may decide and withdraw a request. The services refuse, and the pages explain, from these same rules."""

from __future__ import annotations

from typing import Any

from finobs.accounts.choices import UserKind
from finobs.accounts.machine_accounts import is_hand_of
from finobs.accounts.models import User
from finobs.core import access, clock

from .choices import RequestState
from .models import ApprovalRequest
from .registry import get


def why_not_decide(user: User, request: ApprovalRequest, subject: Any) -> str:
    """Why `user` may not decide `request`; empty when they may. No role, and no superuser, is an exception."""
    if request.state != RequestState.PENDING:
        return f"This request is not pending: {request.get_state_display().lower()}."
    if request.expires_at <= clock.now():
        return "This request has expired."
    if refusal := why_not_second_eyes(user, request, subject):
        return refusal
    if not access.allowed(user, get(request.action).decide_action, subject):
        return "Your grants do not include deciding on this."
    return ""


def why_not_second_eyes(user: User, request: ApprovalRequest, subject: Any) -> str:
    """The four-eyes part: why this person is no second pair of eyes, whatever their grants are."""
    if user.kind != UserKind.HUMAN:
        return "Only people approve."
    if user.pk == request.requested_by_id:
        return "You asked for this yourself; somebody else must decide."
    if is_hand_of(request.requested_by, user):
        return "A machine account that you made, changed or issued a token of asked; somebody else must decide."
    editor = get(request.action).last_editor(subject)
    if user.pk in (request.last_edited_by_id, editor.pk if editor else None):
        return "You were the last to edit this; somebody else must decide."
    if request.decisions.filter(decided_by=user).exists():
        return "You have decided on this already."
    return ""


def may_withdraw(user: User, request: ApprovalRequest) -> bool:
    return request.state == RequestState.PENDING and request.requested_by_id == user.pk
