"""What happened to work items, and where they lay, for machines."""

from __future__ import annotations

from typing import Any

from finobs.core.api import SelectorDetail, SelectorList

from . import selectors
from .api import CASE, INCIDENT
from .models import QueueEntry
from .serializers import QueueEntrySerializer, TimelineSerializer


class CaseTimeline(SelectorDetail[Any]):
    """The newest 200 things that happened to a case; events of the ledger for who may read it."""

    selector = selectors.case_timeline
    serializer_class = TimelineSerializer


class IncidentTimeline(SelectorDetail[Any]):
    """The newest 200 things that happened to an incident; events of the ledger for who may read it."""

    selector = selectors.incident_timeline
    serializer_class = TimelineSerializer


class QueueEntryList(SelectorList[QueueEntry]):
    """Shared by the queues that incidents and cases lay in."""

    selector = selectors.item_entries
    serializer_class = QueueEntrySerializer
    ordering = ("id",)


class CaseQueueList(QueueEntryList):
    """The queues that a case lay in, the first first: since when, until when, and why."""

    subject = CASE


class IncidentQueueList(QueueEntryList):
    """The queues that an incident lay in, the first first: since when, until when, and why."""

    subject = INCIDENT
