"""Every read of rules, models and alerts; rows that `user` may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from finobs.core import access
from finobs.core.errors import NotFound
from transactions.models import Batch, Source
from transactions.selectors import sources_visible

from .ml.registry import workflow
from .models import Alert, Assessment, LateBatch, ModelVersion, Reassessment, Rule, RuleVersion, TrainingRun
from .pipeline import explanations


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


def model_stages(user: Any, version: ModelVersion) -> list[Any]:
    """Each stage that a version was at, the newest first: rows of its history with who, when and why."""
    access.require(user, "view", version)
    found: list[Any] = []
    for row in version.history.select_related("history_user").order_by("history_date", "history_id"):
        if not found or row.stage != found[-1].stage:
            found.append(row)
    return found[::-1]


def training_runs(user: Any) -> QuerySet[TrainingRun]:
    access.require(user, "view", TrainingRun)
    rows = access.restrict(TrainingRun.objects.all(), user, "view")
    return rows.select_related("asked_by", "source", "model_version").defer("model_version__artefact")


def training_open(user: Any) -> list[TrainingRun]:
    """Runs that wait or run: at most one of each role."""
    return list(training_runs(user).filter(state__in=workflow.RUNS_OPEN))


def training_get(user: Any, pk: int) -> TrainingRun:
    """Raises NotFound."""
    found = training_runs(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def training_sources(user: Any) -> QuerySet[Source]:
    """What a model may be trained on. Raises NotAllowed for who may not train."""
    access.require(user, "train", ModelVersion)
    return sources_visible(user)


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
    # The explanation is of the score, which whoever sees the assessment sees, alerted or not. An alert that was raised
    # when what came in late was known is of another score.
    alert = Alert.objects.filter(transaction_id=transaction_id, reassessment__isnull=True).first()
    return assessment, explanations.of_assessment(assessment, alert)


def fired_versions(user: Any, assessment: Assessment) -> list[RuleVersion]:
    """The rule versions that fired, as far as `user` may read rules."""
    rows = RuleVersion.objects.filter(pk__in=assessment.fired).select_related("rule")
    return list(access.restrict(rows, user, "view"))
