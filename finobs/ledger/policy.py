"""Who may read the ledger. Nobody may change it."""

from finobs.core.access import Rule
from finobs.core.access import register as say


def register() -> None:
    from .models import Alarm, Checkpoint, Event

    say(Event, view=Rule("audit:read"))
    say(Checkpoint, view=Rule("audit:read"))
    say(Alarm, view=Rule("audit:read"), settle=Rule("system:config"))
