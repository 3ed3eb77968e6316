"""What rules and models made of each transaction."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from finobs.core.classification import classify
from finobs.core.models import Base
from transactions.models import Transaction

from ..choices import Outcome
from .model_versions import ModelVersion


class Assessment(Base):
    """What `assess` made of one transaction, with the versions that made it.

    `score` is the supervised model's where one was in force, else the anomaly model's; `model_version` says whose.
    What the anomaly model made of it is in the `anomaly_` columns, and of its members beside them.
    """

    CLASSIFIED = classify(internal="fired")

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
