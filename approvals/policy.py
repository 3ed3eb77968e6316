"""Who may see requests: those who may see the subject. What each action asks of a decider is registered with it."""

from finobs.core.access import Rule
from finobs.core.access import register as say


def register() -> None:
    from .models import Policy, Request

    say(Request, view=Rule("compliance:read"))
    say(Policy, view=Rule("system:config"), create=Rule("system:config"), change=Rule("system:config"))
