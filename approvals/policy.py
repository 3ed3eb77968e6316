"""Who may see requests: those who may see the subject. What each action asks of a decider is registered with it."""

from typing import Any

from finobs.core import access
from finobs.core.access import AccessRule
from finobs.core.units import register_unit, unit_by_key

from . import registry


def register() -> None:
    from .models import ApprovalPolicy, ApprovalRequest

    access.register(
        ApprovalRequest,
        view=AccessRule("compliance:read"),
        # One's own only. A token that was made to read must not write.
        withdraw=AccessRule("compliance:read", scope="compliance:resolve"),
    )
    access.register(
        ApprovalPolicy,
        view=AccessRule("system:config"),
        create=AccessRule("system:config"),
        change=AccessRule("system:config"),
    )
    register_unit(ApprovalRequest, unit_of_request)


def unit_of_request(request: Any) -> int | None:
    """That of what it asks to do something to; None where nobody has registered what it asks for."""
    if request.action not in registry.names():
        return None
    return unit_by_key(registry.get(request.action).subject_model, int(request.subject_id))
