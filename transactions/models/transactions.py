"""What came in, exactly once. Transactions never change after they are in."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models

from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.core import money
from finobs.core.classification import classify
from finobs.core.models import Base

from ..choices import Direction, PaymentMethod
from .batches import Batch
from .parties import Account, Counterparty
from .sources import Source


class Transaction(Base):
    """One movement of money. Bitemporal: when it occurred, and when finobs received it.

    `amount_minor` is whole minor units of `currency`. `digest` is SHA-256 of the row's canonical bytes; `position`
    is its place among the batch's accepted rows.
    """

    CLASSIFIED = classify(
        internal=(
            "external_id position amount_minor currency channel country digest counterparty_country balance_after_minor"
        ),
        personal="memo attributes",
    )

    # No index of its own, nor for batch, account and counterparty: one below, or the constraint, begins with each.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    position = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    counterparty = models.ForeignKey(
        Counterparty, on_delete=models.PROTECT, related_name="transactions", null=True, blank=True, db_index=False
    )
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    channel = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1, where it took place.")
    memo = models.CharField(max_length=500, blank=True)
    # Compared when the same id comes again: the same content is a duplicate, other content a conflict.
    digest = models.BinaryField(max_length=32)
    # That of the account, here for lists: who may see one sees the other.
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", default=ROOT_ID, db_index=False)
    # Nothing of these in most rows: empty or NULL, which adds a byte or none to a row (docs/decisions/0039).
    method = models.CharField(max_length=8, choices=PaymentMethod, blank=True, default="", db_default="")
    counterparty_country = models.CharField(
        max_length=2, blank=True, default="", db_default="", help_text="ISO 3166-1."
    )
    balance_after_minor = models.BigIntegerField(null=True, blank=True)
    attributes = models.JSONField(
        null=True, blank=True, help_text="Further columns, typed as the source declares them."
    )

    class Meta(Base.Meta):
        constraints: ClassVar = [
            # REL-2, REL-10: whatever is sent twice is in once, however many processes bring it in.
            models.UniqueConstraint(fields=["source", "external_id"], name="transactions_once"),
        ]
        indexes: ClassVar = [
            # All that the range queries of detection read: PostgreSQL answers them from the index alone (8 pages for a
            # decision instead of 64, measured). SQLite knows no INCLUDE and leaves it out.
            models.Index(
                fields=["account", "occurred_at", "id", "amount_minor"],
                name="transactions_by_account",
                include=["currency", "counterparty", "country"],
            ),
            models.Index(
                fields=["counterparty", "occurred_at", "id", "amount_minor"],
                name="transactions_by_cpty",
                include=["currency"],
            ),
            models.Index(fields=["occurred_at", "id"], name="transactions_by_time"),
            # In the order of the list for who sees some units only; rows come in at its ends, which costs little.
            models.Index(fields=["unit", "id"], name="transactions_by_unit"),
            models.Index(fields=["batch", "position"], name="transactions_by_batch"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def amount(self) -> Decimal:
        return money.to_decimal(self.amount_minor, self.currency)

    @property
    def balance_after(self) -> Decimal | None:
        return None if self.balance_after_minor is None else money.to_decimal(self.balance_after_minor, self.currency)
