"""What a source is expected to deliver, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base, Versioned

from ..choices import DeliveryFaultKind, DeliveryState
from .batches import Batch
from .sources import Source
from .transactions import Transaction


def working_days() -> list[int]:
    return [0, 1, 2, 3, 4]


class DeliverySchedule(Versioned):
    """What a source delivers by the calendar: for each business date, by a time of the clock in the source's zone."""

    CLASSIFIED = classify(internal="name weekdays holidays file_pattern")

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="delivery_schedules")
    name = models.CharField(max_length=120)
    weekdays = models.JSONField(default=working_days, help_text="Days that have a delivery; Monday is 0, Sunday 6.")
    holidays = models.JSONField(default=list, blank=True, help_text='Dates without a delivery: ["2026-12-25"].')
    due_days = models.PositiveSmallIntegerField(default=1, help_text="Days from the business date to the cut-off.")
    due_time = models.TimeField(help_text="The cut-off, on the clock of the source's time zone.")
    file_pattern = models.CharField(
        max_length=120, blank=True,
        help_text="Name of its files, with {date} for the business date and * for anything: payments_{date}*.csv",
    )  # fmt: skip
    needs_totals = models.BooleanField(
        "needs control totals", default=False, help_text="Late without them, whatever came."
    )
    starts_on = models.DateField(help_text="The first business date.")
    is_active = models.BooleanField("active", default=True)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("source", "name")
        constraints: ClassVar = [models.UniqueConstraint("source", "name", name="transactions_schedule_name")]

    def __str__(self) -> str:
        return f"{self.source}: {self.name}"


class Delivery(Versioned):
    """What is expected for one business date, and what is in. Sums are whole minor units as text, by currency."""

    CLASSIFIED = classify(internal="control_sums received_sums")

    schedule = models.ForeignKey(DeliverySchedule, on_delete=models.PROTECT, related_name="deliveries")
    business_date = models.DateField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.EXPECTED)
    control_rows = models.PositiveBigIntegerField(null=True, help_text="How many rows its sender says it has.")
    control_sums = models.JSONField(default=dict, help_text="And what they add up to.")
    received_rows = models.PositiveBigIntegerField(default=0)
    received_sums = models.JSONField(default=dict)
    first_at = models.DateTimeField(null=True, help_text="When the first of it came.")
    ended_at = models.DateTimeField(null=True, help_text="When its sender last said that this is all.")
    completed_at = models.DateTimeField(null=True)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        verbose_name_plural = "deliveries"
        ordering = ("-business_date", "-id")
        constraints: ClassVar = [
            # Two clocks that wake at once make one row.
            models.UniqueConstraint("schedule", "business_date", name="transactions_delivery_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=("expected", "incomplete")), name="transactions_delivery_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule} for {self.business_date}"

    @property
    def is_late(self) -> bool:
        """Did it become complete after its cut-off, or is it not complete and past it?"""
        return (self.completed_at or clock.now()) > self.due_at


class DeliveryFile(Base):
    """A file that came for a delivery. The same bytes again are known by their digest, and count once."""

    CLASSIFIED = classify(internal="file_name digest")

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="files")
    file_name = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of its bytes.")
    rows = models.PositiveBigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(default=clock.now)

    class Meta(Base.Meta):
        ordering = ("id",)


class DeliveryBatch(Base):
    """A batch that came for a delivery; its accepted rows count."""

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, primary_key=True, related_name="of_delivery")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="batches")

    class Meta(Base.Meta):
        ordering = ("batch",)


class DeliveredRow(Base):
    """A transaction that was in already when it came for a delivery: counted once, however often it comes again."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="+")

    class Meta(Base.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "transaction"], name="transactions_delivered_once")
        ]


class DeliveryFault(Versioned):
    """Something wrong with a delivery, until it is mended or somebody has settled it."""

    CLASSIFIED = classify(internal="detail settled_reason")

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="faults")
    kind = models.CharField(max_length=10, choices=DeliveryFaultKind)
    detail = models.TextField()
    raised_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    settled_reason = models.TextField(blank=True)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("-raised_at", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["delivery", "kind"], condition=Q(settled_at=None), name="transactions_one_open_fault"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.delivery}"
