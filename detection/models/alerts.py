"""Transactions that a person should look at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from finobs.core import clock
from finobs.core.models import Base
from transactions.models import Account, Transaction

from ..choices import Outcome, Typology
from .model_versions import ModelVersion
from .rules import RuleVersion


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
        indexes: ClassVar = [
            models.Index(fields=["account", "typology", "-id"], name="detection_alert_account"),
            # Those that a large batch was not kept waiting for, looked for each minute: few or none.
            models.Index(
                fields=["id"],
                condition=Q(explanation__isnull=True, model_version__isnull=False),
                name="detection_alert_unexplained",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(rule_version__isnull=False) | Q(model_version__isnull=False),
                name="detection_alert_has_a_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_typology_display()} {self.transaction_id}"
