"""Who may read the ledger. Nobody may change it."""

from finobs.core.access import AccessRule
from finobs.core.access import register as say


def register() -> None:
    from .models import Alarm, Checkpoint, Event

    say(Event, view=AccessRule("audit:read"))
    say(Checkpoint, view=AccessRule("audit:read"))
    say(Alarm, view=AccessRule("audit:read"), settle=AccessRule("system:config"))
