"""The gate: some actions need a second pair of eyes before they happen.

A service calls `pass_through` before it saves anything. `approvals` installs the guard behind it when the apps
start; without a guard nothing passes. The guard either returns the approval that it used up, or records a request
and raises `ApprovalRequired`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.db.models import Model

from .errors import NotAllowed


class Guard(Protocol):
    def pass_through(self, *, actor: Any, action: str, subject: Model, payload: Mapping[str, Any]) -> int:
        """Return the id of the approval used up, or raise ApprovalRequired."""

    def changed(self, *, actor: Any, subject: Model) -> None:
        """`subject` is no longer what was shown: void what waits on it."""


_guard: Guard | None = None


def install(guard: Guard) -> None:
    global _guard
    _guard = guard


def pass_through(*, actor: Any, action: str, subject: Model, payload: Mapping[str, Any]) -> int:
    """Use up an approval of exactly this, or ask for one.

    Raises ApprovalRequired (the request is kept), NotAllowed when nobody guards the gate.
    """
    if _guard is None:
        raise NotAllowed("Nothing can be approved: no guard stands at the gate.")
    return _guard.pass_through(actor=actor, action=action, subject=subject, payload=payload)


def changed(*, actor: Any, subject: Model) -> None:
    """Tell the gate that `subject` has changed, so that approvals asked for its earlier state become void."""
    if _guard is not None:
        _guard.changed(actor=actor, subject=subject)
