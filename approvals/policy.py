"""Who may see requests: those who may see the subject. What each action asks of a decider is registered with it."""

from finobs.core.access import AccessRule
from finobs.core.access import register as say


def register() -> None:
    from .models import ApprovalPolicy, ApprovalRequest

    say(ApprovalRequest, view=AccessRule("compliance:read"))
    say(
        ApprovalPolicy,
        view=AccessRule("system:config"),
        create=AccessRule("system:config"),
        change=AccessRule("system:config"),
    )
