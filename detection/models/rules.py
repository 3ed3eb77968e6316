"""Rules, and their parameters in versions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.identity import IdentityAt
from finobs.core.models import Base, Versioned
from transactions.models import Source

from ..choices import RuleKind


class Rule(Versioned):
    """A rule by its lasting name. What it does is in its versions; `live` is the one in force."""

    CLASSIFIED = classify(internal="slug name typology obligation")
    FIELD_WORDS = {"live": "the version in force"}  # noqa: RUF012

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=RuleKind)
    typology = models.CharField(max_length=40, help_text="Code of a typology of the programmes.")
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

    CLASSIFIED = classify(internal="parameters reason")

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parameters = models.JSONField()
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    created_by_then = IdentityAt("created_by", "created_at")

    class Meta(Base.Meta):
        ordering = ("-number",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "number"], name="detection_rule_version_once")]

    def __str__(self) -> str:
        return f"{self.rule} v{self.number}"
