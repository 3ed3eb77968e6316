"""Every read of alerts and of what was made of single transactions: the rows that `user` may see.

Reasons of the rows of a list are read by `pipeline.clearance.visible_reasons`, of a single alert they are read here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from finobs.core import access
from finobs.core.reads import first_or_not_found
from transactions.models import Account, Customer, Transaction
from transactions.parties import selectors as parties
from transactions.selectors import account_get

from ..ml.explain.redaction import redact_reasons
from ..models import Alert, Assessment, RuleVersion
from ..pipeline import explanations
from ..pipeline.clearance import clearance_of, redact_alert, visible_explanation
from ..pipeline.replay import Replay, replay


def alerts_visible(user: Any) -> QuerySet[Alert]:
    """Alerts that `user` may see: those of the cases they may see. Raises NotAllowed without the role for any."""
    access.require(user, "view", Alert)
    rows = access.restrict(Alert.objects.all(), user, "view")
    return rows.select_related(
        "account", "customer", "transaction", "external__source", "rule_version__rule", "model_version"
    ).defer("snapshot", "explanation", "external__payload_text", "model_version__artefact", "model_version__metrics")


def customer_alerts(user: Any, pk: int) -> tuple[Customer, QuerySet[Alert]]:
    """A customer, and the visible alerts about them and of accounts that they have a role at now. Raises NotFound."""
    customer = parties.customer_get(user, pk)
    accounts = parties.customer_account_ids(user, customer)
    return customer, alerts_visible(user).filter(Q(account__in=accounts) | Q(customer=customer))


def account_alerts(user: Any, pk: int) -> tuple[Account, QuerySet[Alert]]:
    """An account, and its visible alerts. Raises NotFound."""
    account = account_get(user, pk)
    return account, alerts_visible(user).filter(account=account)


def alert_get(user: Any, pk: int) -> Alert:
    """An alert as far as the user may read why it was raised (`pipeline.clearance`). Raises NotFound."""
    return redact_alert(user, _whole_alert(user, pk))


def alert_replay(user: Any, pk: int) -> tuple[Alert, Replay]:
    """An alert, and whether its versions raise it again, or why that cannot be tried, told as far as the user may read
    why. Raises NotFound."""
    alert = _whole_alert(user, pk)
    result = replay(alert)
    visible = redact_alert(user, alert)
    if not clearance_of(user).covers_alert(alert):
        result = replace(
            result, differences=redact_reasons(result.differences), reason_codes=redact_reasons(result.reason_codes)
        )
    return visible, result


def _whole_alert(user: Any, pk: int) -> Alert:
    access.require(user, "view", Alert)
    rows = access.restrict(Alert.objects.filter(pk=pk), user, "view")
    return first_or_not_found(
        rows.select_related(
            "account", "customer", "transaction__source", "external__source", "rule_version__rule", "model_version"
        )
    )


def transactions_named(user: Any, alert: Alert) -> list[tuple[str, Transaction | None]]:
    """The ids that another system's alert names, each with its transaction if that is in and `user` may see it."""
    if not (alert.is_external and alert.external.transaction_ids):
        return []
    rows = access.restrict(Transaction.objects.filter(source=alert.external.source_id), user, "view")
    visible = {row.external_id: row for row in rows.filter(external_id__in=alert.external.transaction_ids)}
    return [(each, visible.get(each)) for each in alert.external.transaction_ids]


def assessment_of(user: Any, transaction_id: int) -> tuple[Assessment, Alert | None]:
    """What was made of one transaction, and its alert if `user` may see that. Raises NotFound."""
    access.require(user, "view", Assessment)
    rows = access.restrict(Assessment.objects.filter(pk=transaction_id), user, "view")
    rows = rows.select_related("transaction", "model_version", "anomaly_version")
    assessment = first_or_not_found(rows.defer("model_version__artefact", "anomaly_version__artefact"))
    alert = access.restrict(Alert.objects.filter(transaction_id=transaction_id), user, "view").first()
    if alert is not None:
        alert.transaction = assessment.transaction
        redact_alert(user, alert)
    return assessment, alert


def may_explain(user: Any) -> bool:
    return access.allowed(user, "explain", Assessment)


def alert_explanation(user: Any, pk: int) -> tuple[Alert, dict[str, Any]]:
    """An alert with why its score is what it is. Raises NotFound, also where no model scored it; Unavailable."""
    access.require(user, "explain", Assessment)
    alert = _whole_alert(user, pk)
    explanation = explanations.of_alert(alert)
    visible = visible_explanation(user, alert.transaction.source_id, explanation)
    return redact_alert(user, alert), visible


def transaction_explanation(user: Any, transaction_id: int) -> tuple[Assessment, dict[str, Any]]:
    """Why the score of any assessed transaction is what it is. Raises as `alert_explanation` does."""
    access.require(user, "explain", Assessment)
    assessment, _ = assessment_of(user, transaction_id)
    # The explanation is of the score, which whoever sees the assessment sees, alerted or not. An alert that was raised
    # when what came in late was known is of another score.
    alert = Alert.objects.filter(transaction_id=transaction_id, reassessment__isnull=True).first()
    explanation = explanations.of_assessment(assessment, alert)
    return assessment, visible_explanation(user, assessment.transaction.source_id, explanation)


def fired_versions(user: Any, assessment: Assessment) -> list[RuleVersion]:
    """The rule versions that fired, as far as `user` may read rules."""
    rows = RuleVersion.objects.filter(pk__in=assessment.fired).select_related("rule")
    return list(access.restrict(rows, user, "view"))
