"""How work is done, as versioned data: programmes with their words, gathering, routing, assignment."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Versioned

from ..choices import PolicyKind


class WorkPolicy(Versioned):
    """A policy by its lasting name. What it says is in its versions; `live` is the one in force.

    A policy that nobody has changed has no row: then what finobs ships is in force (`cases.policies.shipped`).
    """

    CLASSIFIED = classify(internal="slug name")
    FIELD_WORDS = {"live": "the version in force"}  # noqa: RUF012

    kind = models.CharField(max_length=10, choices=PolicyKind)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    live = models.ForeignKey("WorkPolicyVersion", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    history = HistoricalRecords()

    class Meta(Base.Meta):
        verbose_name_plural = "work policies"
        ordering = ("kind", "slug")

    def __str__(self) -> str:
        return self.name


class WorkPolicyVersion(Base):
    """One immutable content of a policy; its form is that of the policy's kind (`cases.policies`)."""

    CLASSIFIED = classify(internal="content reason")

    policy = models.ForeignKey(WorkPolicy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    reason = models.TextField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    created_by_then = IdentityAt("created_by", "created_at")

    class Meta(Base.Meta):
        ordering = ("-number",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["policy", "number"], name="cases_policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"
