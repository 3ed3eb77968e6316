"""Rules and models in versions, what they made of each transaction, and the alerts they raised."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.models import Base
from transactions.models import Account, Batch, Source, Transaction

from .choices import ModelRole, ModelStage, Outcome, RuleKind, RunState, Typology


class Rule(Base):
    """A rule by its lasting name. What it does is in its versions; `live` is the one in force."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=RuleKind)
    typology = models.CharField(max_length=40, choices=Typology)
    obligation = models.CharField(max_length=200, blank=True, help_text="The regulation or procedure it serves.")
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Empty: every source."
    )
    live = models.ForeignKey("RuleVersion", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RuleVersion(Base):
    """One immutable set of parameters of a rule."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parameters = models.JSONField()
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta(Base.Meta):
        ordering = ("-number",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "number"], name="detection_rule_version_once")]

    def __str__(self) -> str:
        return f"{self.rule} v{self.number}"


class ModelVersion(Base):
    """One trained model: its ONNX artefact with checksum, parameters, metrics, threshold and stage.

    Nothing of it changes but the stage. The same artefact at another threshold is a version of its own, with `parent`.
    """

    role = models.CharField(max_length=12, choices=ModelRole, default=ModelRole.ANOMALY)
    kind = models.CharField(max_length=40, default="ensemble")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True,
        help_text="Whose artefact it is, at another threshold.",
    )  # fmt: skip
    feature_set = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    training_rows = models.PositiveIntegerField()
    trained_from = models.DateTimeField()
    trained_to = models.DateTimeField()
    threshold = models.FloatField(help_text="Scores at or above it go to review.")
    alerts_a_day = models.FloatField(null=True, blank=True, help_text="The capacity that the threshold was set from.")
    artefact = models.BinaryField(help_text="ONNX")
    sha256 = models.CharField(max_length=64)
    stage = models.CharField(max_length=12, choices=ModelStage, default=ModelStage.CANDIDATE)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    history = HistoricalRecords(excluded_fields=["artefact"])

    class Meta(Base.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "number"], name="detection_model_version_once"),
            models.UniqueConstraint(fields=["role"], condition=Q(stage="champion"), name="detection_one_champion"),
            models.UniqueConstraint(fields=["role"], condition=Q(stage="challenger"), name="detection_one_challenger"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.number}"


class TrainingRun(Base):
    """A model being trained: asked for, claimed by a worker under a lease, and how far it is."""

    role = models.CharField(max_length=12, choices=ModelRole)
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Empty: every source."
    )
    parameters = models.JSONField(default=dict, help_text="What was asked for: share, rows and seed.")
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    step = models.CharField(max_length=80, blank=True, help_text="What it is doing, in words.")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers have taken it so far.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Until then a worker has it.")
    error = models.TextField(blank=True)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the latest worker took it.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Base.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["role"], condition=Q(state__in=["queued", "running"]), name="detection_one_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"Training run {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in (RunState.QUEUED, RunState.RUNNING)


class Assessment(Base):
    """What `assess` made of one transaction, with the versions that made it.

    `score` is the supervised model's where one was in force, else the anomaly model's; `model_version` says whose.
    What the anomaly model made of it is in the `anomaly_` columns, and of its members beside them.
    """

    transaction = models.OneToOneField(
        Transaction, on_delete=models.PROTECT, related_name="assessment", primary_key=True
    )
    outcome = models.CharField(max_length=8, choices=Outcome)
    score = models.FloatField(null=True, help_text="0 to 1, of the model; null when none was in force.")
    fired = models.JSONField(default=list, help_text="Ids of the rule versions that fired.")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    anomaly_score = models.FloatField(null=True)
    anomaly_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    if_score = models.FloatField(null=True, help_text="Of the Isolation Forest: 0 to 1.")
    pca_error = models.FloatField(null=True, help_text="Of the PCA reconstruction: 1 is typical.")
    assessed_at = models.DateTimeField()


class ShadowScore(Base):
    """What a version that does not decide, a shadow or a challenger, made of one transaction."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="+", db_index=False)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    score = models.FloatField()

    class Meta(Base.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transaction", "model_version"], name="detection_shadow_score_once")
        ]


class Alert(Base):
    """A transaction that a person should look at, with all that is needed to raise the same alert again (REG-29).

    Never changes: what people conclude is said on the case that gathers it.
    """

    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="alert")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="alerts")
    typology = models.CharField(max_length=40, choices=Typology)
    outcome = models.CharField(max_length=8, choices=Outcome)
    score = models.FloatField(null=True)
    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="alerts", null=True)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="alerts", null=True)
    parameters = models.JSONField(help_text="Of every rule version that fired, and the model's threshold.")
    snapshot = models.JSONField(help_text="The input: the transaction's fields and the feature vector.")
    snapshot_digest = models.CharField(max_length=64)
    reasons = models.JSONField(default=list, help_text="Why, in plain words.")
    explanation = models.JSONField(null=True, help_text="Each feature's contribution to the score; null without one.")
    created_at = models.DateTimeField(default=clock.now)

    class Meta(Base.Meta):
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["account", "typology", "-id"], name="detection_alert_account")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(rule_version__isnull=False) | Q(model_version__isnull=False),
                name="detection_alert_has_a_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_typology_display()} {self.transaction_id}"


class ReassessmentRun(Base):
    """One look again at what late transactions of a source touched: claimed by a worker under a lease, a part at a
    time. Whoever is killed in it has lost the part at hand; the next one goes on from `cursor`."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    as_of = models.BigIntegerField(help_text="The greatest transaction id that it sees.")
    cursor = models.BigIntegerField(null=True, blank=True, help_text="Transactions from this id on are done.")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Until then a worker has it.")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Base.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(state="running"), name="detection_one_reassessment_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"Reassessment run {self.pk}"


class LateBatch(Base):
    """A batch with transactions that occurred before others that were decided already: due to be looked at again.

    The counts are those of its run: of `touched` transactions the oldest, beyond what one batch may cost, are
    `left_out`.
    """

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="+", primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(default=clock.now)
    run = models.ForeignKey(ReassessmentRun, on_delete=models.PROTECT, related_name="late", null=True, blank=True)
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


class Reassessment(Base):
    """What the models in force made of a decided transaction once what came in late was known, where that differs.

    The assessment stays what it was. `digest` is SHA-256 of the transaction's digest, the features and the scores.
    """

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="reassessments")
    run = models.ForeignKey(ReassessmentRun, on_delete=models.PROTECT, related_name="found")
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
