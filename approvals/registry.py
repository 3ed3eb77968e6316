"""What can be approved. Upper apps register their actions when they start; approvals knows nothing else of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from finobs.accounts.models import User

if TYPE_CHECKING:
    from .models import ApprovalRequest


@dataclass(frozen=True, slots=True)
class Approval:
    """What the deciding vote hands to an action: its request is used up, and `subject` is the row it is about, locked.

    `decided_by` is whose vote completed the quorum.
    """

    id: int
    subject: Any
    decided_by: User


def _nothing_on_request(request: ApprovalRequest, subject: Any) -> None:
    """For an action whose subject need not know that it waits."""


def _nothing_on_end(request: ApprovalRequest, subject: Any, actor: User) -> None:
    """For an action whose subject need not know that it waits no longer."""


def _no_url(request: ApprovalRequest) -> str:
    return ""


def _no_summary(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The page shows every value by its name."""
    return []


def _nothing_since(user: Any, request: ApprovalRequest) -> list[tuple[str, str]]:
    """For an action whose subject stands still while it waits."""
    return []


@dataclass(frozen=True, slots=True)
class ApprovalAction:
    """One thing that needs a second pair of eyes.

    snapshot(subject, payload): exactly what approvers are shown, in canonical values (see ledger.canonical); the
    request is bound to its digest. last_editor(subject): who may not decide besides the requester.
    execute(request, approval): does what was approved on `approval.subject`, as the requester, whose permission it
    checks again; whatever it raises as FinobsError makes the request void, and nothing of it happens.
    on_request(request, subject) and on_end(request, subject, actor): the subject starts, and stops, waiting; the
    second is not called for what is carried out. All three are called in the transaction of the request's change, with
    the subject's row locked, and call services; what they save of `subject` belongs to the request's event.
    url(request): the subject's page. approver_summary(snapshot): the same snapshot as people read it, (label, text) by
    (label, text), what is decided first. since_request(user, request): what came to be known since, that `user` may
    see; it is shown beside the snapshot while the request waits, and is no part of what is approved.
    """

    name: str
    label: str
    subject_model: type[Model]
    decide_action: str
    snapshot: Callable[[Any, Mapping[str, Any]], dict[str, Any]]
    last_editor: Callable[[Any], User | None]
    execute: Callable[[ApprovalRequest, Approval], object]
    on_request: Callable[[ApprovalRequest, Any], None] = _nothing_on_request
    on_end: Callable[[ApprovalRequest, Any, User], None] = _nothing_on_end
    url: Callable[[ApprovalRequest], str] = _no_url
    approver_summary: Callable[[Mapping[str, Any]], list[tuple[str, str]]] = _no_summary
    since_request: Callable[[Any, ApprovalRequest], list[tuple[str, str]]] = _nothing_since

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
