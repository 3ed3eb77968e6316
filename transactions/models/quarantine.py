"""What could not be taken as it was."""

from __future__ import annotations

import zlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base, Versioned

from ..choices import QuarantineReason, QuarantineState
from .batches import Batch
from .kinds import RecordKindField
from .salts import new_salt
from .sources import Source
from .transactions import Transaction


class QuarantinedRow(Versioned):
    """A row that could not be taken as it was: kept whole, with the reason, until somebody corrects or discards it."""

    CLASSIFIED = classify(
        internal="row_number raw_size resolution",
        personal="external_id raw raw_digest fields detail",
        secrets="salt",
    )

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantined_rows")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    # That of the batch, here for what is asked of open rows with every decision.
    kind = RecordKindField()
    row_number = models.PositiveBigIntegerField()
    external_id = models.CharField(
        max_length=100,
        blank=True,
        help_text="As far as it can be read: a row of this id that comes in settles this one.",
    )
    raw = models.BinaryField(help_text="The row as it came (zlib), never cut.")
    raw_size = models.PositiveBigIntegerField()
    raw_digest = models.BinaryField(max_length=32, help_text="SHA-256 of the row as it came; a replay is known by it.")
    salt = models.BinaryField(max_length=32, default=new_salt, help_text="What the ledger says of the row is under it.")
    reason = models.CharField(max_length=40, choices=QuarantineReason)
    detail = models.TextField()
    fields = models.JSONField(default=dict, help_text="The row's fields as far as they could be read.")
    state = models.CharField(max_length=10, choices=QuarantineState, default=QuarantineState.OPEN)
    created_at = models.DateTimeField(default=clock.now)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.TextField(blank=True, help_text="Why it was released or discarded.")
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    # What came never changes, and may be megabytes: a copy for each change would say nothing.
    history = HistoricalRecords(excluded_fields=["raw", "raw_digest", "salt"])

    class Meta(Base.Meta):
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="transactions_quarantine"),
            models.Index(fields=["source", "raw_digest"], name="transactions_quarantine_raw"),
            # Asked with every decision; the open rows are few.
            models.Index(
                fields=["source", "external_id"],
                condition=models.Q(state=QuarantineState.OPEN),
                name="transactions_quarantine_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.row_number} of batch {self.batch_id}"

    @property
    def raw_bytes(self) -> bytes:
        """The row exactly as it came."""
        return zlib.decompress(bytes(self.raw))
