"""Models being trained."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from finobs.core.classification import classify
from finobs.core.jobs.choices import OPEN_STATES
from finobs.core.jobs.models import LeasedJob
from transactions.models import Source

from ..choices import ModelRole
from .model_versions import ModelVersion


class TrainingRun(LeasedJob):
    """A model being trained, of one piece: whoever takes it over begins at the beginning."""

    CLASSIFIED = classify(internal="parameters input_completeness")

    role = models.CharField(max_length=12, choices=ModelRole)
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Empty: every source."
    )
    parameters = models.JSONField(default=dict, help_text="What was requested: share, rows and seed.")
    input_completeness = models.JSONField(
        default=dict, blank=True, help_text="How much of what was due had come in when the run was made."
    )
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta(LeasedJob.Meta):
        constraints: ClassVar = [
            *LeasedJob.Meta.constraints,
            models.UniqueConstraint(
                fields=["role"], condition=Q(state__in=OPEN_STATES), name="detection_one_run_at_a_time",
                violation_error_message="Another training run of this role waits or runs already.",
            ),
        ]  # fmt: skip

    def get_absolute_url(self) -> str:
        return reverse("detection:training-detail", args=[self.pk])
