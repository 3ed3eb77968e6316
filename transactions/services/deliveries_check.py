"""What is expected, by the clock: each day's deliveries, and those whose cut-off has passed."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.service import service

from ..choices import DeliveryState
from ..deliveries.business_days import business_dates
from ..deliveries.comparison import compare, lock_delivery
from ..models import Delivery, DeliverySchedule
from .delivery import delivery_open

AWAITING_STATES = (DeliveryState.EXPECTED, DeliveryState.INCOMPLETE)


def deliveries_check() -> int:
    """Expect what is to come, and raise a fault for what has not come in time. Returns how many were looked at.

    Who: the beat, each minute. Each delivery is a transaction of its own; two clocks at once do it once.
    """
    actor = system_actor("deliveries")
    for schedule in DeliverySchedule.objects.select_related("source").filter(is_active=True).order_by("pk"):
        for day in _missing_days(schedule):
            delivery_open(actor=actor, schedule=schedule, business_date=day)
    due = Delivery.objects.filter(state__in=AWAITING_STATES, due_at__lte=clock.now()).order_by("due_at", "pk")
    return sum(_check(actor=actor, pk=pk) for pk in due.values_list("pk", flat=True))


def _missing_days(schedule: DeliverySchedule) -> list[date]:
    """Business dates until today, in the zone of the source, that have no delivery yet."""
    today = clock.now().astimezone(ZoneInfo(schedule.source.time_zone)).date()
    existing = set(schedule.deliveries.values_list("business_date", flat=True))
    return [day for day in business_dates(schedule, schedule.starts_on, today) if day not in existing]


@service
def _check(*, actor: User, pk: int) -> bool:
    delivery, at = lock_delivery(pk), clock.now()
    # It came, or another clock was here, between the list and the lock.
    if delivery.state not in AWAITING_STATES or delivery.due_at > at:
        return False
    compare(delivery, actor=actor, at=at, fields=set())
    return True
