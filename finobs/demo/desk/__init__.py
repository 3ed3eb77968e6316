"""What the demo's people did in its six months: they triage incidents, investigate cases and decide on each other's.

Each does it through the same services as everybody, at a moment of a working day, with the grants that they hold.
"""

from .desk import Desk
from .present import LAST_HOURS

__all__ = ["LAST_HOURS", "Desk"]
