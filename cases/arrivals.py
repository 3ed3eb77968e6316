"""What arrived on the subjects of an item since it takes no more alerts: for whoever approves its closing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from finobs.ledger.services import subject_key

from .choices import CaseStatus
from .models import Incident, WorkItem
from .queries import incidents_opened_since
from .selectors import incidents_visible


def arrived_since(user: Any, item: WorkItem) -> QuerySet[Incident]:
    """The visible incidents that follow those of an item, or are about its subjects, and were opened since it was sent
    for approval, or closed without: whatever became of them. None while it takes alerts. The newest first."""
    at = _takes_none_since(item)
    if at is None:
        return Incident.objects.none()
    rows = incidents_visible(user).filter(pk__in=incidents_opened_since(item, at)).prefetch_related(None)
    rows = rows.exclude(pk=item.pk) if isinstance(item, Incident) else rows.exclude(case=item.pk)
    return rows.order_by("-pk")


def _takes_none_since(item: WorkItem) -> datetime | None:
    """When an item that awaits approval or is closed stopped taking alerts; None of one that takes them."""
    if item.status not in (CaseStatus.AWAITING_APPROVAL, CaseStatus.CLOSED):
        return None
    kind, key = subject_key(item)
    requests = ApprovalRequest.objects.filter(
        subject_type=kind, subject_id=key, state__in=(RequestState.PENDING, RequestState.USED)
    )
    at: datetime | None = requests.order_by("-pk").values_list("created_at", flat=True).first()
    return at or item.closed_at
