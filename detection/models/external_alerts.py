"""Alerts that another system raised: what it said, as it said it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from finobs.core.classification import classify
from finobs.core.models import Base
from transactions.models import Batch, Source, new_salt

from ..choices import AlertSeverity
from .alerts import Alert


class ExternalAlert(Base):
    """What another system said with an alert. Never changes, and cannot be replayed here.

    digest: HMAC-SHA-256 of its content under `salt`; the ledger commits to it. position: its place among the accepted
    rows of `batch`.
    """

    CLASSIFIED = classify(
        internal="external_id position system scenario scenario_version amount_minor currency transaction_ids digest",
        personal="reasons payload_text payload_digest",
        secrets="salt",
    )

    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, primary_key=True, related_name="external")
    # The constraint's index begins with it.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveIntegerField()
    system = models.CharField(max_length=100)
    scenario = models.CharField(max_length=200)
    scenario_version = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=10, choices=AlertSeverity, blank=True, help_text="In its own words.")
    occurred_at = models.DateTimeField(help_text="When what it is about occurred.")
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    transaction_ids = models.JSONField(default=list, help_text="What it names: ids of transactions at the source.")
    reasons = models.JSONField(default=list, help_text="Why, in its words.")
    payload_text = models.TextField(help_text="All else that it said, as canonical JSON text.")
    payload_digest = models.CharField(max_length=64, help_text="SHA-256 of that text.")
    salt = models.BinaryField(max_length=32, default=new_salt, help_text="What the ledger says of it is under it.")
    digest = models.BinaryField(max_length=32)

    class Meta(Base.Meta):
        indexes: ClassVar = [models.Index(fields=["batch", "position"], name="detection_external_by_batch")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "external_id"], name="detection_external_alert_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency="") | (Q(amount_minor__isnull=False) & ~Q(currency="")),
                name="detection_external_alert_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def scenario_name(self) -> str:
        """The scenario with its version, where it has one."""
        return f"{self.scenario}, version {self.scenario_version}" if self.scenario_version else self.scenario

    @property
    def payload(self) -> dict[str, Any]:
        """All else that it said."""
        read: dict[str, Any] = json.loads(self.payload_text)
        return read
