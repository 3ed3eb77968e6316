"""Every read of rules, models and alerts; rows that `user` may see."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet

from finobs.core import access
from finobs.core.errors import Invalid, NotFound
from transactions.models import Batch, Source, Transaction

from . import columns as cols
from . import scoring
from .explain import explanations
from .features import FeatureSet
from .models import Alert, Assessment, LateBatch, ModelVersion, Reassessment, Rule, RuleVersion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 10_000
TRAINING = (*cols.FIELDS, "account_id", "counterparty_id", "country")


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
    found = rows.select_related("account", "transaction__source", "rule_version__rule", "model_version").first()
    if found is None:
        raise NotFound
    return found


def rules_visible(user: Any) -> QuerySet[Rule]:
    access.require(user, "view", Rule)
    return access.restrict(Rule.objects.all(), user, "view").select_related("live", "source")


def rule_get(user: Any, slug: str) -> Rule:
    """Raises NotFound."""
    found = rules_visible(user).filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


def rule_versions(user: Any, rule: Rule) -> QuerySet[RuleVersion]:
    """Versions of a rule with `alert_count`, newest first."""
    access.require(user, "view", rule)
    rows = access.restrict(RuleVersion.objects.filter(rule=rule), user, "view")
    return rows.select_related("created_by").annotate(alert_count=Count("alerts")).order_by("-number")


def models_visible(user: Any) -> QuerySet[ModelVersion]:
    access.require(user, "view", ModelVersion)
    rows = access.restrict(ModelVersion.objects.all(), user, "view")
    return rows.select_related("created_by").defer("artefact")


def model_get(user: Any, pk: int) -> ModelVersion:
    """Raises NotFound."""
    found = models_visible(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def may_configure(user: Any) -> bool:
    return access.allowed(user, "change", Rule)


def may_train(user: Any) -> bool:
    return access.allowed(user, "train", ModelVersion)


def assessment_of(user: Any, transaction_id: int) -> tuple[Assessment, Alert | None]:
    """What was made of one transaction, and its alert if `user` may see that. Raises NotFound."""
    access.require(user, "view", Assessment)
    rows = access.restrict(Assessment.objects.filter(pk=transaction_id), user, "view")
    rows = rows.select_related("model_version", "anomaly_version")
    found = rows.defer("model_version__artefact", "anomaly_version__artefact").first()
    if found is None:
        raise NotFound
    alert = access.restrict(Alert.objects.filter(transaction_id=transaction_id), user, "view").first()
    return found, alert


def reassessments_visible(user: Any) -> QuerySet[Reassessment]:
    """What was made of transactions once late ones were known. Raises NotAllowed as for assessments."""
    access.require(user, "view", Reassessment)
    rows = access.restrict(Reassessment.objects.all(), user, "view")
    return rows.select_related(
        "transaction__account", "version_before", "model_version", "anomaly_version"
    ).defer(
        "features", *(f"{name}__artefact" for name in ("version_before", "model_version", "anomaly_version")),
        *(f"{name}__metrics" for name in ("version_before", "model_version", "anomaly_version")),
    )  # fmt: skip


def reassessments_of(user: Any, transaction_id: int) -> list[Reassessment]:
    """Of one transaction, the newest first."""
    return list(reassessments_visible(user).filter(transaction_id=transaction_id).order_by("-pk"))


def late_batch_of(user: Any, batch_id: int) -> LateBatch | None:
    """What the late transactions of a batch touched; None if there were none. Raises NotFound for no such batch."""
    access.require(user, "view", LateBatch)
    if not access.restrict(Batch.objects.filter(pk=batch_id), user, "view").exists():
        raise NotFound
    rows = access.restrict(LateBatch.objects.filter(pk=batch_id), user, "view")
    return rows.select_related("run").first()


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
    # The explanation is of the score, which whoever sees the assessment sees, alerted or not.
    alert = Alert.objects.filter(transaction_id=transaction_id).first()
    return assessment, explanations.of_assessment(assessment, alert)


def fired_versions(user: Any, assessment: Assessment) -> list[RuleVersion]:
    """The rule versions that fired, as far as `user` may read rules."""
    rows = RuleVersion.objects.filter(pk__in=assessment.fired).select_related("rule")
    return list(access.restrict(rows, user, "view"))


def training_rows(
    user: Any, feature_set: FeatureSet, *, source: Source | None, rows: int
) -> tuple[NDArray[np.float32], datetime, datetime]:
    """Features of the newest `rows` transactions, and when the first and last of them occurred.

    Memory: 10,000 rows at a time, and one float32 array of what came of them. Raises Invalid if there are none.
    """
    import numpy as np

    found = access.restrict(Transaction.objects.only(*TRAINING), user, "view")
    if source is not None:
        found = found.filter(source=source)
    parts: list[NDArray[np.float32]] = []
    moments: list[datetime] = []
    before = None
    while rows > 0:
        chunk = found if before is None else found.filter(pk__lt=before)
        values = list(chunk.order_by("-pk")[: min(rows, CHUNK)])
        if not values:
            break
        columns = scoring.columns_for(feature_set.name, values)
        parts.append(feature_set.build(columns))
        moments += [min(columns.occurred_at), max(columns.occurred_at)]
        before, rows = values[-1].pk, rows - len(values)
    if not moments:
        raise Invalid("There are no transactions to learn from.")
    return np.concatenate(parts), min(moments), max(moments)
