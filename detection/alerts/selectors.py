"""Every read of alerts and of what was made of single transactions: the rows that `user` may see."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from finobs.core import access
from finobs.core.reads import first_or_not_found

from ..models import Alert, Assessment, RuleVersion
from ..pipeline import explanations


def alerts_visible(user: Any) -> QuerySet[Alert]:
    """Alerts that `user` may see: those of the cases they may see. Raises NotAllowed without the role for any."""
    access.require(user, "view", Alert)
    rows = access.restrict(Alert.objects.all(), user, "view")
    return rows.select_related("account", "transaction", "rule_version__rule", "model_version").defer(
        "snapshot", "explanation", "model_version__artefact", "model_version__metrics"
    )


def alert_get(user: Any, pk: int) -> Alert:
    """Raises NotFound."""
    access.require(user, "view", Alert)
    rows = access.restrict(Alert.objects.filter(pk=pk), user, "view")
    return first_or_not_found(
        rows.select_related("account", "transaction__source", "rule_version__rule", "model_version")
    )


def assessment_of(user: Any, transaction_id: int) -> tuple[Assessment, Alert | None]:
    """What was made of one transaction, and its alert if `user` may see that. Raises NotFound."""
    access.require(user, "view", Assessment)
    rows = access.restrict(Assessment.objects.filter(pk=transaction_id), user, "view")
    rows = rows.select_related("model_version", "anomaly_version")
    assessment = first_or_not_found(rows.defer("model_version__artefact", "anomaly_version__artefact"))
    alert = access.restrict(Alert.objects.filter(transaction_id=transaction_id), user, "view").first()
    return assessment, alert


def may_explain(user: Any) -> bool:
    return access.allowed(user, "explain", Assessment)


def alert_explanation(user: Any, pk: int) -> tuple[Alert, dict[str, Any]]:
    """An alert with why its score is what it is. Raises NotFound, also where no model scored it; Unavailable."""
    access.require(user, "explain", Assessment)
    alert = alert_get(user, pk)
    return alert, explanations.of_alert(alert)


def transaction_explanation(user: Any, transaction_id: int) -> tuple[Assessment, dict[str, Any]]:
    """Why the score of any assessed transaction is what it is. Raises as `alert_explanation` does."""
    access.require(user, "explain", Assessment)
    assessment, _ = assessment_of(user, transaction_id)
    # The explanation is of the score, which whoever sees the assessment sees, alerted or not. An alert that was raised
    # when what came in late was known is of another score.
    alert = Alert.objects.filter(transaction_id=transaction_id, reassessment__isnull=True).first()
    return assessment, explanations.of_assessment(assessment, alert)


def fired_versions(user: Any, assessment: Assessment) -> list[RuleVersion]:
    """The rule versions that fired, as far as `user` may read rules."""
    rows = RuleVersion.objects.filter(pk__in=assessment.fired).select_related("rule")
    return list(access.restrict(rows, user, "view"))
