"""What came in, exactly once, and what could not be taken as it was. Transactions never change after they are in."""

from __future__ import annotations

import secrets
import zlib
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from finobs.core import clock, money
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Versioned

from .choices import Direction, IngestMethod, LabelOrigin, QuarantineReason, QuarantineState


class Source(Versioned):
    """A feed of transactions. Its ids are unique within it; its defaults fill what its rows leave out."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    default_currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217, for rows that name none.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="For timestamps without an offset.")
    mapping = models.JSONField(default=dict, blank=True, help_text="Field of a transaction: column of the file.")
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Party(Base):
    """What accounts and counterparties share: a name that their source knows them by."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(Base.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.external_id


class Account(Party):
    """One of ours: the customer's account that a transaction moves."""

    class Meta(Base.Meta):
        constraints: ClassVar = [models.UniqueConstraint("source", "external_id", name="transactions_account_once")]


class Counterparty(Party):
    """The other side: a merchant, a terminal, a beneficiary."""

    class Meta(Base.Meta):
        verbose_name_plural = "counterparties"
        constraints: ClassVar = [
            models.UniqueConstraint("source", "external_id", name="transactions_counterparty_once")
        ]


class RowBatch(Base):
    """What batches of transactions and of labels share. The ledger event of a batch commits to each row's digest."""

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
    """Transactions that came in together and were committed together."""

    method = models.CharField(max_length=10, choices=IngestMethod)
    quarantined = models.PositiveIntegerField(default=0)
    already_quarantined = models.PositiveIntegerField(
        default=0, help_text="Rows that came again as they were held back before, open or discarded."
    )
    layout = models.JSONField(
        default=dict, blank=True, help_text="Of a file: how it was read, columns not used, lines that are no rows."
    )

    class Meta(RowBatch.Meta):
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"Batch {self.pk}"


class Transaction(Base):
    """One movement of money. Bitemporal: when it occurred, and when finobs received it.

    `amount_minor` is whole minor units of `currency`. `digest` is SHA-256 of the row's canonical bytes; `position`
    is its place among the batch's accepted rows.
    """

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
            models.Index(fields=["batch", "position"], name="transactions_by_batch"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def amount(self) -> Decimal:
        return money.to_decimal(self.amount_minor, self.currency)


class LabelBatch(RowBatch):
    """Labels that came in together, after their transactions. `root` is over those that correct another one too."""

    corrected = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=list, help_text="Each refused row as it came, with the reason.")

    class Meta(RowBatch.Meta):
        verbose_name_plural = "label batches"

    def __str__(self) -> str:
        return f"Label batch {self.pk}"


class LabelContent(Base):
    """What a label says, and which transactions may use it.

    `watermark`: the greatest transaction id when finobs learned of it. Transactions up to it were decided without the
    label, which is not visible to them afterwards either, whatever `known_at` says.
    """

    is_suspicious = models.BooleanField()
    typology = models.CharField(max_length=40, blank=True)
    known_at = models.DateTimeField(help_text="Nothing may learn from the label before this moment.")
    watermark = models.BigIntegerField(default=0, help_text="Visible to transactions with a greater id only.")

    class Meta(Base.Meta):
        abstract = True


class Label(LabelContent):
    """What is known of a transaction, since when, and where from: from outside (a chargeback, a confirmed fraud), or
    from what people concluded. The two may disagree; who reads labels says which counts."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="labels", db_index=False)
    origin = models.CharField(max_length=11, choices=LabelOrigin, default=LabelOrigin.TRANSACTION)
    label_batch = models.ForeignKey(
        LabelBatch, on_delete=models.PROTECT, related_name="labels", null=True, blank=True,
        help_text="Where it comes from a batch of labels.",
    )  # fmt: skip

    class Meta(LabelContent.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transaction", "origin"], name="transactions_label_once"),
            models.CheckConstraint(
                condition=models.Q(origin=LabelOrigin.BATCH, label_batch__isnull=False)
                | (~models.Q(origin=LabelOrigin.BATCH) & models.Q(label_batch__isnull=True)),
                name="transactions_label_batch",
            ),
        ]
        indexes: ClassVar = [
            # Few are: what a decision asks of hundreds of rows is answered by a few pages.
            models.Index(
                fields=["transaction"], condition=models.Q(is_suspicious=True), name="transactions_suspicious"
            ),
        ]


class PastLabel(LabelContent):
    """A label that was corrected, as it stood until then. Never changes; the correction says who and when."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="past_labels")
    label_batch = models.ForeignKey(LabelBatch, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    replaced_by = models.ForeignKey(LabelBatch, on_delete=models.PROTECT, related_name="corrections")
    replaced_after = models.BigIntegerField(
        help_text="The watermark of the correction: the last id that this one is visible to."
    )

    class Meta(Base.Meta):
        ordering = ("-id",)


def new_salt() -> bytes:
    """32 bytes, for what the ledger says of one row by digest (`core.history`)."""
    return secrets.token_bytes(32)


class QuarantinedRow(Versioned):
    """A row that could not be taken as it was: kept whole, with the reason, until somebody corrects or discards it."""

    # `detail` quotes values of the row.
    DIGEST_FIELDS = frozenset({"fields", "external_id", "detail"})

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantined_rows")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
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
