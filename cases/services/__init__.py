"""Every write of work items, queues and policies of work, one file for each verb."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..choices import ItemKind
from .case_close import case_close
from .case_subject import case_subject_add, case_subject_change, case_subject_remove
from .delivery_fault_gather import delivery_fault_gather
from .gather_alerts import gather_alerts
from .incident_close import incident_close
from .incident_escalate import incident_escalate
from .incident_open import incident_open
from .incidents_close import incidents_close
from .item_assign import item_assign
from .item_move import item_move
from .item_release import item_release
from .item_reopen import item_reopen
from .item_tag import item_tag, item_untag
from .item_take import item_take
from .item_take_next import item_take_next
from .item_wait import item_wait
from .items_erase import items_erase
from .items_wake import items_wake
from .note_add import note_add
from .priorities_refresh import priorities_refresh
from .queue_change import queue_change
from .queue_create import ensure_default_queue, queue_create
from .queue_grant import queue_grant, queue_revoke
from .routing_dry_run import routing_dry_run
from .tag_create import tag_change, tag_create
from .work_policy_change import programme_create, work_policy_change, work_policy_revert

__all__ = [
    "CLOSE",
    "case_close",
    "case_subject_add",
    "case_subject_change",
    "case_subject_remove",
    "delivery_fault_gather",
    "ensure_default_queue",
    "gather_alerts",
    "incident_close",
    "incident_escalate",
    "incident_open",
    "incidents_close",
    "item_assign",
    "item_move",
    "item_release",
    "item_reopen",
    "item_tag",
    "item_take",
    "item_take_next",
    "item_untag",
    "item_wait",
    "items_erase",
    "items_wake",
    "note_add",
    "priorities_refresh",
    "programme_create",
    "queue_change",
    "queue_create",
    "queue_grant",
    "queue_revoke",
    "routing_dry_run",
    "tag_change",
    "tag_create",
    "work_policy_change",
    "work_policy_revert",
]

# What closes each kind of item.
CLOSE: Final[Mapping[str, Callable[..., Any]]] = {ItemKind.CASE: case_close, ItemKind.INCIDENT: incident_close}
