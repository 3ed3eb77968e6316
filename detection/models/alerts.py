"""What a person should look at: a transaction of ours, or what another system raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.models import Base
from transactions.models import Account, Customer, Transaction

from ..choices import Outcome
from .model_versions import ModelVersion
from .rules import RuleVersion

if TYPE_CHECKING:
    from .external_alerts import ExternalAlert


class Alert(Base):
    """What a person should look at. Never changes: what people conclude is said on the case that gathers it.

    One of finobs's own is of a transaction, with all that is needed to raise the same alert again (REG-29). One that
    another system raised has `external` in place of the transaction, no versions and an empty snapshot.
    """

    CLASSIFIED = classify(internal="typology score parameters snapshot_digest reasons explanation", personal="snapshot")

    # None of what another system raised, which whoever reads them has asked.
    transaction: models.OneToOneField[Any, Any] = models.OneToOneField(
        Transaction, on_delete=models.PROTECT, related_name="alert", null=True, blank=True
    )
    account: models.ForeignKey[Any, Any] = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="alerts", null=True, blank=True
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="alerts", null=True, blank=True, db_index=False,
        help_text="Whom another system's alert is about.",
    )  # fmt: skip
    typology = models.CharField(max_length=40, help_text="Code of a typology of the programmes.")
    outcome = models.CharField(max_length=8, choices=Outcome)
    score = models.FloatField(null=True)
    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="alerts", null=True)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="alerts", null=True)
    parameters = models.JSONField(help_text="Of every rule version that fired, and the model's threshold.")
    snapshot = models.JSONField(help_text="The input: the transaction's fields and the feature vector.")
    snapshot_digest = models.CharField(max_length=64, blank=True)
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
            models.Index(
                fields=["customer", "-id"], condition=Q(customer__isnull=False), name="detection_alert_customer"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    (Q(rule_version__isnull=False) | Q(model_version__isnull=False))
                    & Q(transaction__isnull=False, account__isnull=False, customer__isnull=True)
                )
                | (
                    Q(rule_version__isnull=True, model_version__isnull=True, transaction__isnull=True)
                    & (Q(account__isnull=False) | Q(customer__isnull=False))
                ),
                name="detection_alert_of_one_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.typology} {self.transaction_id or self.pk}"

    @property
    def is_external(self) -> bool:
        """Did another system raise it?"""
        return self.transaction_id is None

    @property
    def occurrence(self) -> Transaction | ExternalAlert:
        """What it is of: the transaction, or what the other system says. Both tell `external_id`, `occurred_at`,
        `amount_minor` and `currency`."""
        occurrence: Transaction | ExternalAlert = self.external if self.is_external else self.transaction
        return occurrence

    @property
    def subject(self) -> Account | Customer:
        """Whom or what it is about: the account, or else the customer. Each has an `external_id`."""
        subject: Account | Customer | None = self.account or self.customer
        assert subject is not None  # a constraint says so
        return subject
