"""Every read of schedules, deliveries and faults. The first argument is who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from django.db.models import Model, Q, QuerySet

from finobs.core import access, clock, navigation
from finobs.core.errors import NotFound
from finobs.core.reads import first_or_not_found

from ..models import Batch, Delivery, DeliveryBatch, DeliveryFault, DeliveryFile, DeliverySchedule, Source
from ..selectors import sources_visible

M = TypeVar("M", bound=Model)
CALENDAR_DAYS: Final = 28


def _visible(user: Any, rows: QuerySet[M], source: str) -> QuerySet[M]:
    """Those of the sources whose data the user may read, and of those that they feed: whoever announces a delivery may
    see what came of it, and nothing else. source: the path from a row to its source."""
    readable = access.restrict(rows, user, "view")
    if not readable.query.where or not access.allowed(user, "ingest", Source):
        return readable
    fed = access.restrict(Source.objects.all(), user, "ingest")
    return rows.filter(Q(pk__in=readable.order_by().values("pk")) | Q(**{f"{source}__in": fed}))


def schedules_visible(user: Any) -> QuerySet[DeliverySchedule]:
    return _visible(user, DeliverySchedule.objects.select_related("source"), "source")


def schedule_get(user: Any, pk: int) -> DeliverySchedule:
    return first_or_not_found(schedules_visible(user).filter(pk=pk))


def deliveries_visible(user: Any) -> QuerySet[Delivery]:
    return _visible(user, Delivery.objects.select_related("schedule__source"), "schedule__source")


def delivery_get(user: Any, pk: int) -> Delivery:
    return first_or_not_found(deliveries_visible(user).filter(pk=pk))


def faults_visible(user: Any) -> QuerySet[DeliveryFault]:
    rows = DeliveryFault.objects.select_related("delivery__schedule__source", "settled_by")
    return _visible(user, rows, "delivery__schedule__source")


def fault_get(user: Any, pk: int) -> DeliveryFault:
    return first_or_not_found(faults_visible(user).filter(pk=pk))


def fault_count(user: Any) -> int:
    """How many are open, or one more than the shell shows. None for who cannot settle any."""
    if not access.allowed(user, "settle", DeliveryFault):
        return 0
    return faults_visible(user).filter(settled_at=None).order_by()[: navigation.MAX_COUNT + 1].count()


def delivery_actions(user: Any, delivery: Delivery) -> list[str]:
    """What this person may do with a delivery."""
    return ["announce"] if access.allowed(user, "receive", delivery) else []


def may_settle(user: Any, fault: DeliveryFault) -> bool:
    return fault.settled_at is None and access.allowed(user, "settle", fault)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A schedule with its deliveries, one for each day of the calendar: None where none is expected."""

    schedule: DeliverySchedule
    deliveries: Sequence[Delivery | None]


@dataclass(frozen=True, slots=True)
class Calendar:
    days: Sequence[date]
    rows: Sequence[CalendarRow]


def delivery_calendar(user: Any, source: Source | None = None) -> Calendar:
    """The last four weeks, the newest day first, of each schedule that `user` may see, or of those of one source."""
    today = clock.now().date()
    days = [today - timedelta(days=back) for back in range(CALENDAR_DAYS)]
    schedules, deliveries = schedules_visible(user), deliveries_visible(user).filter(business_date__gte=days[-1])
    if source is not None:
        schedules, deliveries = schedules.filter(source=source), deliveries.filter(schedule__source=source)
    by_place = {(row.schedule_id, row.business_date): row for row in deliveries}
    rows = [CalendarRow(each, [by_place.get((each.pk, day)) for day in days]) for each in schedules]
    return Calendar(days, [row for row in rows if row.schedule.is_active or any(row.deliveries)])


def files_of(user: Any, delivery: Delivery) -> QuerySet[DeliveryFile]:
    return delivery_get(user, delivery.pk).files.select_related("actor")


def batches_of(user: Any, delivery: Delivery) -> QuerySet[DeliveryBatch]:
    return delivery_get(user, delivery.pk).batches.select_related("batch")


def may_read_source(user: Any, source: Source) -> bool:
    """May this person open what a delivery is of: its source, its batches, its events? Who only feeds it may not."""
    return access.allowed(user, "view", source)


def batch_to_receive(user: Any, delivery: Delivery, pk: int) -> Batch:
    """A batch that may count for a delivery: one that the user may read, or of the source that they feed. Raises
    NotFound."""
    batch = Batch.objects.select_related("source").filter(pk=pk).first()
    of_source = batch is not None and batch.source_id == delivery.schedule.source_id
    if batch is None or not (access.allowed(user, "view", batch) or (of_source and _feeds(user, delivery))):
        raise NotFound
    return batch


def _feeds(user: Any, delivery: Delivery) -> bool:
    return access.allowed(user, "receive", delivery)


def delivering_sources(user: Any) -> QuerySet[Source]:
    """The sources of the deliveries that this person may see."""
    return _visible(user, Source.objects.all(), "pk")


def faults_of(user: Any, delivery: Delivery) -> list[tuple[DeliveryFault, bool]]:
    """Each with whether this person may settle it; the open ones first."""
    faults = sorted(delivery.faults.select_related("settled_by"), key=lambda fault: fault.settled_at is not None)
    return [(fault, may_settle(user, fault)) for fault in faults]


def sources_with_schedules(user: Any) -> QuerySet[Source]:
    return sources_visible(user).select_related("unit").prefetch_related("delivery_schedules")
