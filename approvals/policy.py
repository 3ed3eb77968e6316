"""Who may see requests: those who may see the subject. What each action asks of a decider is registered with it."""

from finobs.core import access
from finobs.core.access import AccessRule


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
