"""The gate: some actions need a second pair of eyes before they happen.

A service that proposes such an action calls `require_approval` before it saves anything. `approvals` installs the
guard behind it when the apps start; without a guard nothing is let through. The guard records a request and raises
`ApprovalRequired`; once enough people have agreed, `approvals` carries the action out by itself, without coming back
to the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

from django.db.models import Model

from .errors import NotAllowed


class Guard(Protocol):
    def require_approval(self, *, actor: Any, action: str, subject: Model, payload: Mapping[str, Any]) -> NoReturn:
        """Record a request for exactly this, and raise ApprovalRequired."""

    def subject_changed(self, *, actor: Any, subject: Model) -> None:
        """`subject` is no longer what its approvers were to decide on: void what waits on it."""


_guard: Guard | None = None


def install(guard: Guard) -> None:
    global _guard
    _guard = guard


def require_approval(*, actor: Any, action: str, subject: Model, payload: Mapping[str, Any]) -> NoReturn:
    """Ask for somebody else's approval of `action` with `payload` on `subject`, whose row the caller has locked.

    Always raises: ApprovalRequired (the request is kept), or NotAllowed when nobody guards the gate.
    """
    if _guard is None:
        raise NotAllowed("Nothing can be approved: no guard stands at the gate.")
    _guard.require_approval(actor=actor, action=action, subject=subject, payload=payload)


def subject_changed(*, actor: Any, subject: Model) -> None:
    """Tell the gate that `subject` has changed, so that approvals asked for its earlier state become void."""
    if _guard is not None:
        _guard.subject_changed(actor=actor, subject=subject)
