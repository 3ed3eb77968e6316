"""Who may read the ledger. Nobody may change it."""

from finobs.core import access
from finobs.core.access import AccessRule


def register() -> None:
    from .models import Alarm, Checkpoint, Event

    access.register(Event, view=AccessRule("audit:read"))
    access.register(Checkpoint, view=AccessRule("audit:read"))
    access.register(Alarm, view=AccessRule("audit:read"), settle=AccessRule("system:config"))
