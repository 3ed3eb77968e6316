"""Which scores a version gave: as champion with the assessment, as shadow or challenger beside it.

A score is its artefact's. So versions that share one (the same model at another threshold) share their scores, and a
candidate with a new threshold can be judged before it ever scores a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, When

from transactions.models import Transaction

from ..choices import ModelRole
from ..models import Assessment, ModelVersion, ShadowScore


class DayNumber(Func):
    """The day of a moment in UTC, as days since 1970. The database's own arithmetic: Django's takes a second."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Of the date alone: of a whole moment it rounds the day's last half millisecond up.
        template = "CAST(julianday(substr(%(expressions)s, 1, 10)) - 2440587.5 AS INTEGER)"
        return self.as_sql(compiler, connection, template=template)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "((%(expressions)s AT TIME ZONE 'UTC')::date - DATE '1970-01-01')"
        return self.as_sql(compiler, connection, template=template)


def family(version: ModelVersion) -> list[ModelVersion]:
    """The versions with the same artefact, itself among them."""
    same = ModelVersion.objects.filter(sha256=version.sha256, role=version.role, feature_set=version.feature_set)
    return list(same.defer("artefact", "metrics").order_by("pk"))


def family_ids(version: ModelVersion) -> list[int]:
    return [each.pk for each in family(version)]


def assessed(role: str, versions: Sequence[int]) -> QuerySet[Assessment]:
    """Assessments scored by one of `versions`, all of `role`, with `version` and `value`.

    An anomaly model's score stands in `score` where no supervised model was in force.
    """
    in_score = Q(model_version_id__in=versions, score__isnull=False)
    if role == ModelRole.SUPERVISED:
        return Assessment.objects.filter(in_score).annotate(version=F("model_version_id"), value=F("score"))
    in_anomaly_score = Q(anomaly_version_id__in=versions, anomaly_score__isnull=False)
    return Assessment.objects.filter(in_anomaly_score | in_score).annotate(
        version=Case(When(in_anomaly_score, then=F("anomaly_version_id")), default=F("model_version_id")),
        value=Case(When(in_anomaly_score, then=F("anomaly_score")), default=F("score")),
    )


def shadowed(versions: Sequence[int]) -> QuerySet[ShadowScore]:
    """Scores that decided nothing, with `version` and `value`."""
    rows = ShadowScore.objects.filter(model_version_id__in=versions)
    return rows.annotate(version=F("model_version_id"), value=F("score"))


def score_sources(role: str, versions: Sequence[int]) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Those that decided, and those that decided nothing: to be filtered by `value`, `version` and transaction."""
    return assessed(role, versions), shadowed(versions)


def scored_by(
    rows: QuerySet[Transaction], version: ModelVersion, *, least: float | None = None, below: float | None = None
) -> QuerySet[Transaction]:
    """Those of `rows` that `version` scored, from `least` to below `below` where said."""
    bounds: dict[str, float] = {}
    if least is not None:
        bounds["value__gte"] = least
    if below is not None:
        bounds["value__lt"] = below
    both = score_sources(version.role, family_ids(version))
    one, other = (Exists(scores.filter(transaction_id=OuterRef("pk"), **bounds)) for scores in both)
    return rows.filter(Q(one) | Q(other))


def score_of(version: ModelVersion, transactions: Sequence[int]) -> dict[int, float]:
    """The scores of these transactions by this version."""
    by_transaction: dict[int, float] = {}
    for scores in reversed(score_sources(version.role, family_ids(version))):
        by_transaction |= dict(scores.filter(transaction_id__in=transactions).values_list("transaction_id", "value"))
    return by_transaction
