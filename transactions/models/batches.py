"""Rows that came in together."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base

from ..choices import IngestMethod
from .kinds import RecordKindField
from .sources import Source


class RowBatch(Base):
    """What batches of transactions and of labels share. The ledger event of a batch commits to each row's digest."""

    CLASSIFIED = classify(internal="file_name root")

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255, blank=True)
    first_row = models.PositiveBigIntegerField(default=1, help_text="Number of the first row, in the file or request.")
    received_at = models.DateTimeField(default=clock.now)
    received = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    root = models.BinaryField(max_length=32, null=True, help_text="RFC 6962 root over the accepted rows' digests.")
    actor_then = IdentityAt("actor", "received_at")

    class Meta(Base.Meta):
        abstract = True
        ordering: ClassVar = ("-id",)


class Batch(RowBatch):
    """Rows of one kind that came in together and were committed together: transactions, unless `kind` says other."""

    CLASSIFIED = classify(internal="layout snapshot")

    kind = RecordKindField()
    method = models.CharField(max_length=10, choices=IngestMethod)
    quarantined = models.PositiveIntegerField(default=0)
    already_quarantined = models.PositiveIntegerField(
        default=0, help_text="Rows that came again as they were held back before, open or discarded."
    )
    layout = models.JSONField(
        default=dict, blank=True, help_text="Of a file: how it was read, columns not used, lines that are no rows."
    )
    # For what was decided at once (`core.db.visibility`). Text of PostgreSQL, empty on SQLite, where nothing is.
    xid = models.BigIntegerField(null=True, editable=False, help_text="PostgreSQL's number of the transaction.")
    snapshot = models.TextField(blank=True, db_default="", editable=False, help_text="Which others it could see.")

    class Meta(RowBatch.Meta):
        verbose_name_plural = "batches"
        indexes: ClassVar = [
            models.Index(fields=["xid"], condition=models.Q(xid__isnull=False), name="transactions_batch_xid")
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}"


class LabelBatch(RowBatch):
    """Labels that came in together, after their transactions. `root` is over those that correct another one too."""

    CLASSIFIED = classify(internal="first_row received accepted duplicate corrected refused", personal="refusals")

    corrected = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=list, help_text="Each refused row as it came, with the reason.")

    class Meta(RowBatch.Meta):
        verbose_name_plural = "label batches"

    def __str__(self) -> str:
        return f"Label batch {self.pk}"
