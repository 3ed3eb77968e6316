"""Trained models, with their artefacts, in versions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Versioned

from ..choices import ModelRole, ModelStage


class ModelVersion(Versioned):
    """One trained model: its ONNX artefact with checksum, parameters, metrics, threshold and stage.

    Nothing of it changes but the stage. The same artefact at another threshold is a version of its own, with `parent`.
    """

    CLASSIFIED = classify(internal="kind feature_set parameters metrics artefact sha256")

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
    created_by_then = IdentityAt("created_by", "created_at")
    history = HistoricalRecords(excluded_fields=["artefact"])

    class Meta(Versioned.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "number"], name="detection_model_version_once"),
            models.UniqueConstraint(fields=["role"], condition=Q(stage="champion"), name="detection_one_champion"),
            models.UniqueConstraint(fields=["role"], condition=Q(stage="challenger"), name="detection_one_challenger"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.number}"
