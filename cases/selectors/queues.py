"""Queues: which somebody sees, works and may move something to, and what lies in them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from finobs.accounts.models import UnitAncestor
from finobs.core import access, clock
from finobs.core.reads import first_or_not_found

from .. import workflow
from ..choices import CaseStatus
from ..models import Case, Incident, Queue, WorkItem, WorkLease
from ..policy import VIEW_GRANTS


def queues_visible(user: Any) -> QuerySet[Queue]:
    """Queues with `open_count` (unfinished cases) and `incident_count` (unfinished incidents), of the cases those that
    await approval (`awaiting_count`) and are held (`held_count`), and when the oldest of these incidents was opened
    (`oldest_at`; None where there is none)."""
    now = clock.now()
    unfinished = Case.objects.filter(queue=OuterRef("pk"), status__in=workflow.UNFINISHED)
    incidents = Incident.objects.filter(queue=OuterRef("pk"), status__in=workflow.UNFINISHED)
    # Of unfinished cases, which have an index of their own; no other is held.
    leased = WorkLease.objects.filter(case__queue=OuterRef("pk"), expires_at__gt=now).exclude(
        case__status=CaseStatus.CLOSED
    )
    return access.restrict(Queue.objects.select_related("unit"), user, "view").annotate(
        open_count=_count_by(unfinished, "queue"),
        incident_count=_count_by(incidents, "queue"),
        awaiting_count=_count_by(unfinished.filter(status=CaseStatus.AWAITING_APPROVAL), "queue"),
        held_count=_count_by(leased, "case__queue"),
        oldest_at=Subquery(incidents.order_by().values("queue").annotate(at=Min("opened_at")).values("at")),
    )


def queues_of_cases(user: Any) -> QuerySet[Queue]:
    """The queues of all cases that `user` may see: those that they see, and those of single cases that they see."""
    if not access.allowed(user, "view", Case):
        return Queue.objects.none()
    keys = {*access.restrict(Queue.objects.order_by(), user, "view").values_list("pk", flat=True)}
    single = Case.objects.order_by().filter(pk__in=access.granted_ids(user, Case, VIEW_GRANTS))
    return Queue.objects.filter(pk__in=keys.union(single.values_list("queue", flat=True)))


def queue_get(user: Any, slug: str) -> Queue:
    """One visible queue, without what is in it: thousands of cases are counted for that. Raises NotFound."""
    return first_or_not_found(access.restrict(Queue.objects.filter(slug=slug), user, "view"))


def queue_detail(user: Any, slug: str) -> Queue:
    """One visible queue with its counts. Raises NotFound."""
    return first_or_not_found(queues_visible(user).filter(slug=slug))


def queues_workable(user: Any) -> QuerySet[Queue]:
    """The queues that this person may take items from, and refer something to."""
    return access.restrict(Queue.objects.all(), user, "work")


def may_work(user: Any, queue: Queue) -> bool:
    return access.allowed(user, "work", queue)


def queues_for_move(user: Any, item: WorkItem) -> QuerySet[Queue]:
    """The other queues that serve the unit of an item, of those that `user` sees."""
    above = UnitAncestor.objects.filter(unit=item.unit_id).values("ancestor_id")
    rows = access.restrict(Queue.objects.filter(unit__in=above), user, "view")
    return rows.exclude(pk=item.queue_id)


def _count_by(rows: QuerySet[Any], by: str) -> Coalesce:
    counts = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)
