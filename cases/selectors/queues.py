"""Queues: which somebody sees, works and may move something to, and what lies in them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from finobs.accounts.models import UnitAncestor
from finobs.core import access, clock
from finobs.core.db.literals import among
from finobs.core.reads import first_or_not_found

from .. import workflow
from ..choices import CaseStatus
from ..models import Case, Incident, Queue, WorkItem, WorkLease
from ..policy import VIEW_GRANTS


def queues_visible(user: Any) -> QuerySet[Queue]:
    """Queues with, for cases and for incidents, how many are unfinished (`case_count`, `incident_count`), of these how
    many await approval (`case_awaiting_count`, ...) and are held (`case_held_count`, ...), and when the oldest was
    opened (`oldest_case_at`, ...; None where there is none)."""
    rows = access.restrict(Queue.objects.select_related("unit"), user, "view")
    return rows.annotate(**_queue_counts(Case), **_queue_counts(Incident))


def _queue_counts(model: type[Case | Incident]) -> dict[str, Any]:
    """What is said of the unfinished items of a queue, which have an index of their own; no other is held."""
    kind = model.KIND
    unfinished = model._default_manager.filter(among("status", workflow.UNFINISHED), queue=OuterRef("pk"))
    # Both kinds call it the same.
    awaiting = unfinished.filter(status=CaseStatus.AWAITING_APPROVAL)
    leased = WorkLease.objects.filter(**{f"{kind}__queue": OuterRef("pk")}, expires_at__gt=clock.now()).exclude(
        **{f"{kind}__status__in": workflow.FINISHED[kind]}
    )
    return {
        f"{kind}_count": _count_by(unfinished, "queue"),
        f"{kind}_awaiting_count": _count_by(awaiting, "queue"),
        f"{kind}_held_count": _count_by(leased, f"{kind}__queue"),
        f"oldest_{kind}_at": Subquery(unfinished.order_by("opened_at").values("opened_at")[:1]),
    }


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
    counts = rows.order_by().values(by).annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counts), 0)
