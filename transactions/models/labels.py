"""What is known of transactions, and since when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from finobs.core.classification import classify
from finobs.core.models import Base

from ..choices import LabelOrigin
from .batches import LabelBatch
from .transactions import Transaction


class LabelContent(Base):
    """What a label says, and which transactions may use it.

    `watermark`: the greatest transaction id when finobs learned of it. Transactions up to it were decided without the
    label, which is not visible to them afterwards either, whatever `known_at` says.
    """

    CLASSIFIED = classify(internal="typology")

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
    origin = models.CharField(max_length=11, choices=LabelOrigin, default=LabelOrigin.TRANSACTION)
    label_batch = models.ForeignKey(LabelBatch, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    replaced_by = models.ForeignKey(
        LabelBatch, on_delete=models.PROTECT, related_name="corrections", null=True, blank=True,
        help_text="Of a label from outside; what people concluded is replaced by what they concluded later.",
    )  # fmt: skip
    replaced_after = models.BigIntegerField(
        help_text="The watermark of the correction: the last id that this one is visible to."
    )

    class Meta(Base.Meta):
        ordering = ("-id",)
