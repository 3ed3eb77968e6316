"""The late feed: what Southgate's core banking is expected to deliver by the week, and what came of it.

The week before the last came short of what its sender announced, and past its cut-off; the last one is whole and in
time; the days since are on their way.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final

from finobs.accounts.models import User
from transactions.models import Delivery, DeliverySchedule, Source
from transactions.services import (
    IngestResult,
    RawRow,
    delivery_announce,
    delivery_end,
    delivery_open,
    delivery_receive,
    delivery_schedule_create,
)

SCHEDULE_NAME: Final = "Payments of the week"
SUNDAY: Final = 6
# The last week is due a week after the next Monday, so that it is in time whenever the demo starts.
DUE_DAYS: Final = 8
DUE_TIME: Final = time(6, 0)
ONE_WEEK: Final = timedelta(days=7)
# What the sender of the short one counted, and nobody has seen.
MISSING_ROWS, MISSING_AMOUNT = 7, Decimal("1184.35")


class WeeklyDeliveries:
    """Deliveries of one source, by the Sundays on which their weeks end."""

    def __init__(self, actor: User, code: str, source: Source, end: date) -> None:
        self.actor, self.code, self.source = actor, code, source
        yesterday = end - timedelta(days=1)
        last = yesterday - timedelta(days=(yesterday.weekday() - SUNDAY) % 7)
        self.short, self.whole = last - ONE_WEEK, last
        self.currency = source.default_currency
        self.schedule = DeliverySchedule.objects.filter(source=source, name=SCHEDULE_NAME).first()

    def ensure_schedule(self) -> DeliverySchedule:
        self.schedule = self.schedule or delivery_schedule_create(
            actor=self.actor, source=self.source, name=SCHEDULE_NAME, weekdays=[SUNDAY], due_days=DUE_DAYS,
            due_time=DUE_TIME, needs_totals=True, starts_on=self.short, file_pattern=f"{self.code}-week-{{date}}*.csv",
        )  # fmt: skip
        return self.schedule

    def week_of(self, code: str, row: RawRow) -> str:
        """The Sunday that ends the week of a row; "" for those before the first that is expected."""
        if code != self.code:
            return ""
        day = date.fromisoformat(str(row.fields["occurred_at"])[:10])
        week = day + timedelta(days=(SUNDAY - day.weekday()) % 7)
        return week.isoformat() if week >= self.short else ""

    def receive(self, week: str, result: IngestResult) -> None:
        delivery_receive(actor=self.actor, delivery=self._open(date.fromisoformat(week)), batch=result.batch)

    def finish(self) -> None:
        """Announce what the two weeks that are over have, and say that they are at an end; again, nothing happens, nor
        where somebody has renamed the schedule since."""
        if self.schedule is None:
            return
        for week in (self.short, self.whole):
            delivery = Delivery.objects.filter(schedule=self.schedule, business_date=week).first()
            if delivery is None or delivery.ended_at is not None:
                continue
            number, amount = self._announced(delivery, is_short=week == self.short)
            delivery = delivery_announce(
                actor=self.actor, delivery=delivery, rows=number, sums={self.currency: str(amount)}
            )
            delivery_end(actor=self.actor, delivery=delivery)

    def _announced(self, delivery: Delivery, *, is_short: bool) -> tuple[int, Decimal]:
        number, minor = delivery.received_rows, int(delivery.received_sums.get(self.currency, "0"))
        missing = (MISSING_ROWS, MISSING_AMOUNT) if is_short else (0, Decimal())
        return number + missing[0], Decimal(minor) / 100 + missing[1]

    def _open(self, week: date) -> Delivery:
        return delivery_open(actor=self.actor, schedule=self.ensure_schedule(), business_date=week)
