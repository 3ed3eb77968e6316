"""Pages of work items: the workbench, and the lists around it. `kind` says of which of the two kinds a page is."""

from .bulk_close import incidents_close
from .case_subjects import case_subject_add, case_subject_change, case_subject_remove
from .incident_open import incident_open
from .incidents import incident_list
from .item_dialogs import item_assign, item_close, item_escalate, item_move, item_reopen, item_wait
from .item_queues import item_queues
from .item_take import item_release, item_take, item_take_next
from .item_timeline import item_timeline
from .my_work import my_work, queue_list, search
from .note_add import note_add
from .subject_items import account_items, customer_items
from .tags import item_tag, item_untag
from .work_policies import (
    programme_create,
    work_policies,
    work_policy_change,
    work_policy_detail,
    work_policy_dry_run,
    work_policy_revert,
)
from .workbench import item_detail, queue_work

__all__ = [
    "account_items",
    "case_subject_add",
    "case_subject_change",
    "case_subject_remove",
    "customer_items",
    "incident_list",
    "incident_open",
    "incidents_close",
    "item_assign",
    "item_close",
    "item_detail",
    "item_escalate",
    "item_move",
    "item_queues",
    "item_release",
    "item_reopen",
    "item_tag",
    "item_take",
    "item_take_next",
    "item_timeline",
    "item_untag",
    "item_wait",
    "my_work",
    "note_add",
    "programme_create",
    "queue_list",
    "queue_work",
    "search",
    "work_policies",
    "work_policy_change",
    "work_policy_detail",
    "work_policy_dry_run",
    "work_policy_revert",
]  # fmt: skip
