"""What can be approved. Upper apps register their actions when they start; approvals knows nothing else of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from finobs.accounts.models import User

from .models import ApprovalRequest


def _nothing(request: ApprovalRequest, subject: Any, actor: User | None = None) -> None:
    """For an action whose subject need not know that it waits."""


def _nowhere(request: ApprovalRequest) -> str:
    return ""


def _no_words(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The page shows every value by its name."""
    return []


@dataclass(frozen=True, slots=True)
class ApprovalAction:
    """One thing that needs a second pair of eyes.

    snapshot(subject, payload): exactly what approvers are shown, in canonical values (see ledger.canonical); the
    request is bound to its digest. last_editor(subject): who may not decide besides the requester. execute(request,
    approver): calls the gated service again, as the requester; the gate then uses the approval up.
    requested(request) and ended(request): the subject starts, and stops, waiting; called in the same transaction,
    with the subject's row locked. url(request): the subject's page. words(shown): the
    same snapshot as people read it, (label, text) by (label, text), what is decided first.
    """

    name: str
    label: str
    subject_model: type[Model]
    decide_action: str
    snapshot: Callable[[Any, Mapping[str, Any]], dict[str, Any]]
    last_editor: Callable[[Any], User | None]
    execute: Callable[[ApprovalRequest, User], Any]
    requested: Callable[[ApprovalRequest, Any], None] = _nothing
    ended: Callable[[ApprovalRequest, Any, User], None] = _nothing
    url: Callable[[ApprovalRequest], str] = _nowhere
    words: Callable[[Mapping[str, Any]], list[tuple[str, str]]] = _no_words

    @property
    def subject_type(self) -> str:
        return self.subject_model._meta.label_lower


_actions: dict[str, ApprovalAction] = {}


def register(action: ApprovalAction) -> None:
    """Make `action` approvable. Called from AppConfig.ready()."""
    _actions[action.name] = action


def get(name: str) -> ApprovalAction:
    """The registered action. Raises ImproperlyConfigured for one that nobody registered."""
    try:
        return _actions[name]
    except KeyError:
        raise ImproperlyConfigured(f"nobody registered the action {name} with approvals") from None


def actions() -> list[ApprovalAction]:
    """All of them, by name."""
    return [_actions[name] for name in sorted(_actions)]


def names() -> list[str]:
    return sorted(_actions)
