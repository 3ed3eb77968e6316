"""Who may read the ledger. Nobody may change it."""

from finobs.accounts.policy import UNIT_GRANTS
from finobs.core import access
from finobs.core.access import AccessRule


def register() -> None:
    from .models import Alarm, Checkpoint, Event

    # Whatever somebody may do in a unit, they see what was done there. An event without a unit is the organisation's.
    access.register(Event, view=AccessRule("audit:read", UNIT_GRANTS, ("unit",)))
    access.register(Checkpoint, view=AccessRule("audit:read"))
    access.register(Alarm, view=AccessRule("audit:read"), settle=AccessRule("system:config"))
