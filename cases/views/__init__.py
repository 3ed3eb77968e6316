"""Pages of cases: the workbench, and the lists around it."""

from .case_assign import case_assign
from .case_close import case_close
from .case_take import case_release, case_take, case_take_next
from .incidents import incident_detail, incident_list
from .my_work import my_work, queue_list, search
from .note_add import note_add
from .workbench import case_detail, queue_work

__all__ = [
    "case_assign",
    "case_close",
    "case_detail",
    "case_release",
    "case_take",
    "case_take_next",
    "incident_detail",
    "incident_list",
    "my_work",
    "note_add",
    "queue_list",
    "queue_work",
    "search",
]  # fmt: skip
