"""What was made of decided transactions once late ones were known."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.jobs.choices import OPEN_STATES
from finobs.core.jobs.models import LeasedJob
from finobs.core.models import Base
from transactions.models import Batch, Source, Transaction

from ..choices import Outcome
from .alerts import Alert
from .model_versions import ModelVersion


class ReassessmentRun(LeasedJob):
    """What late transactions of a source touched, looked at again a part at a time, from the newest to the oldest.

    Whoever is killed in it has lost the part at hand; the next worker goes on from `cursor`.
    """

    CLASSIFIED = classify(internal="input_completeness")

    MAX_ATTEMPTS = 5
    IS_RESUMABLE = True

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    as_of = models.BigIntegerField(help_text="The greatest transaction id that it sees.")
    input_completeness = models.JSONField(
        default=dict, blank=True, help_text="How much of what was due had come in when the run was made."
    )
    cursor = models.BigIntegerField(null=True, blank=True, help_text="Transactions from this id on are done.")

    class Meta(LeasedJob.Meta):
        constraints: ClassVar = [
            *LeasedJob.Meta.constraints,
            models.UniqueConstraint(
                fields=["source"], condition=Q(state__in=OPEN_STATES), name="detection_one_reassessment_at_a_time",
                violation_error_message="Another reassessment run of this source waits or runs already.",
            ),
        ]  # fmt: skip

    def get_absolute_url(self) -> str:
        return reverse("detection:reassessment-run-detail", args=[self.pk])


class LateBatch(Base):
    """A batch with transactions that occurred before others that were decided already: due to be looked at again.

    `late` and `touched` are of its last run, `changed` and `raised` of all. Of `touched` ones the oldest, beyond
    what one batch may cost, are `left_out`.
    """

    CLASSIFIED = classify(internal="missed_by")

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="+", primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(default=clock.now)
    run = models.ForeignKey(
        ReassessmentRun, on_delete=models.PROTECT, related_name="late_batches", null=True, blank=True
    )
    missed_by = models.JSONField(
        default=list, blank=True,
        help_text="Batches that were decided at the same time and could not see it (on PostgreSQL).",
    )  # fmt: skip
    late = models.PositiveIntegerField(default=0)
    touched = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    raised = models.PositiveIntegerField(default=0)

    class Meta(Base.Meta):
        verbose_name_plural = "late batches"
        ordering = ("-batch_id",)
        indexes: ClassVar = [models.Index(fields=["due_at"], condition=Q(run=None), name="detection_late_due")]

    def __str__(self) -> str:
        return f"Late transactions of batch {self.batch_id}"

    @property
    def state(self) -> str:
        """Waiting, or how its run stands."""
        return "waiting" if self.run is None else str(self.run.state)


class OverlapCheck(Base):
    """How far batches were looked at that were decided at the same time: one row.

    `xid`: PostgreSQL's number of the first transaction that was not over yet.
    """

    ONLY = 1

    xid = models.BigIntegerField(default=0)

    class Meta(Base.Meta):
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="detection_one_overlap_check")]

    def __str__(self) -> str:
        return f"Up to {self.xid}"


class Reassessment(Base):
    """What the models in force made of a decided transaction once what came in late was known, where that differs.

    The assessment stays what it was. `digest` is SHA-256 of the transaction's digest, the features and the scores.
    """

    CLASSIFIED = classify(internal="feature_set features digest")

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="reassessments")
    run = models.ForeignKey(ReassessmentRun, on_delete=models.PROTECT, related_name="reassessments")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", help_text="What came in late.")
    outcome_before = models.CharField(max_length=8, choices=Outcome)
    outcome = models.CharField(max_length=8, choices=Outcome)
    score_before = models.FloatField(null=True)
    score = models.FloatField(null=True)
    version_before = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    anomaly_score = models.FloatField(null=True)
    anomaly_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    feature_set = models.CharField(max_length=40)
    features = models.BinaryField(help_text="float32, in the order of the set.")
    digest = models.CharField(max_length=64)
    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="reassessment", null=True, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta(Base.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "transaction"], name="detection_reassessed_once")
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id}: {self.outcome_before} to {self.outcome}"
