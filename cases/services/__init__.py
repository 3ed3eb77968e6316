"""Every write of cases and queues, one file for each verb."""

from .case_assign import case_assign
from .case_close import case_close
from .case_release import case_release
from .case_take import case_take
from .case_take_next import case_take_next
from .group_alerts import group_alerts
from .note_add import note_add
from .priorities_refresh import priorities_refresh
from .queue_change import queue_change
from .queue_create import ensure_default_queue, queue_create
from .queue_grant import queue_grant, queue_revoke

__all__ = [
    "case_assign",
    "case_close",
    "case_release",
    "case_take",
    "case_take_next",
    "ensure_default_queue",
    "group_alerts",
    "note_add",
    "priorities_refresh",
    "queue_change",
    "queue_create",
    "queue_grant",
    "queue_revoke",
]
