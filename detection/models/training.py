"""Models being trained."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from finobs.core import clock
from finobs.core.models import Base
from transactions.models import Source

from ..choices import ModelRole, RunState
from .model_versions import ModelVersion


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
