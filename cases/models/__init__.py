"""Queues, the incidents and cases worked from them, and the policies that say how."""

from .cases import Case, CaseGroupGrant, CaseSubject, CaseUserGrant
from .incidents import CaseAlert, Incident
from .policies import WorkPolicy, WorkPolicyVersion
from .queues import Queue, QueueGroupGrant, QueueUserGrant
from .work import ItemTag, Note, QueueEntry, Tag, WorkLease
from .work_items import WorkItem

__all__ = [
    "Case",
    "CaseAlert",
    "CaseGroupGrant",
    "CaseSubject",
    "CaseUserGrant",
    "Incident",
    "ItemTag",
    "Note",
    "Queue",
    "QueueEntry",
    "QueueGroupGrant",
    "QueueUserGrant",
    "Tag",
    "WorkItem",
    "WorkLease",
    "WorkPolicy",
    "WorkPolicyVersion",
]
