"""Whom of ours the other side is: what people concluded, when, and when they took it back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base

from .customers import Customer
from .parties import Counterparty


class CounterpartyResolution(Base):
    """That a counterparty is a customer, from `recorded_at` until it was withdrawn; at most one stands at a time.

    Beyond its withdrawal a row never changes, but for its words, which are erased with the customer. The two may be of
    different sources and units: whoever may not see both is told nothing of it.
    """

    CLASSIFIED = classify(personal="reason withdrawal_reason", internal="recorded_at withdrawn_at")

    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="resolutions", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="resolutions", db_index=False)
    reason = models.TextField(help_text="Why the two are one. The ledger has its digest, under the customer's salt.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    withdrawal_reason = models.TextField(blank=True)
    recorder_then = IdentityAt("recorded_by", "recorded_at")
    withdrawer_then = IdentityAt("withdrawn_by", "withdrawn_at")

    class Meta(Base.Meta):
        ordering: ClassVar = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["counterparty"], condition=Q(withdrawn_at=None), name="transactions_resolution_once"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | Q(withdrawn_at__gte=F("recorded_at"), withdrawn_by__isnull=False),
                name="transactions_resolution_withdrawal",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["counterparty", "-id"], name="transactions_resolution_cpty"),
            models.Index(fields=["customer", "-id"], name="transactions_resolution_of"),
        ]

    def __str__(self) -> str:
        return f"Resolution {self.pk}"
