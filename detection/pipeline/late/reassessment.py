"""What stands of transactions that are looked at again, and where that differs from what is made of them now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model, QuerySet

from finobs.core.db.dialect import any_of, table_of
from finobs.ledger.canonical import canonical

from ...choices import SEVERITY, ModelRole, Outcome
from ...models import Alert, Assessment, Reassessment
from ..batch_assessment import BatchAssessment

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class PriorAssessment:
    """The assessment of a transaction, or what the last look again made of it. `floor`: what rules demanded."""

    outcome: str
    score: float | None
    version: int | None
    floor: str
    has_alert: bool


def prior_assessments(ids: Sequence[int]) -> dict[int, PriorAssessment]:
    """By transaction; for those that were assessed."""
    alerted = set(rows_of_transactions(Alert, ids).values_list("transaction_id", flat=True))
    reassessments = rows_of_transactions(Reassessment, ids).order_by("pk")
    names = ("transaction_id", "outcome", "score", "model_version_id")
    newest = {pk: (outcome, score, version) for pk, outcome, score, version in reassessments.values_list(*names)}
    prior: dict[int, PriorAssessment] = {}
    for pk, outcome, score, version, fired in rows_of_transactions(Assessment, ids).values_list(*names, "fired"):
        floor = outcome if fired else Outcome.APPROVE.value
        prior[pk] = PriorAssessment(*newest.get(pk, (outcome, score, version)), floor=floor, has_alert=pk in alerted)
    return prior


def rows_of_transactions(model: type[M], ids: Sequence[int], column: str = "transaction_id") -> QuerySet[M]:
    """Rows of these transactions, however many, by one parameter."""
    where, value = any_of(f"{table_of(model)}.{column}", ids)
    return model._default_manager.extra(where=[where], params=[value])  # noqa: S610


class ReassessmentRow(NamedTuple):
    """What is made of a transaction now, where it differs; in the order of bulk_load.REASSESSMENT_COLUMNS."""

    transaction_id: int
    batch_id: int
    outcome_before: str
    outcome: str
    score_before: float | None
    score: float
    version_before_id: int | None
    model_version_id: int
    anomaly_score: float | None
    anomaly_version_id: int | None
    feature_set: str
    features: bytes
    digest: str
    alert_id: int | None = None


def diff(assessment: BatchAssessment, index: int, before: PriorAssessment, cause: int) -> ReassessmentRow | None:
    """What the models make of row `index` now, because of the batch `cause`; None where it is what it was."""
    row, primary = assessment.transactions[index], assessment.primary
    if primary is None:
        return None
    decision = assessment.decisions.get(index)
    by_models = decision.outcome.value if decision else Outcome.APPROVE.value
    outcome = max(before.floor, by_models, key=lambda each: SEVERITY[Outcome(each)])
    score = primary.scores[index]
    if (outcome, score) == (before.outcome, before.score):
        return None
    anomaly = assessment.of_role(ModelRole.ANOMALY)
    vector = assessment.matrices[primary.version.feature_set][index].tobytes()
    return ReassessmentRow(
        row.pk, cause, before.outcome, outcome, before.score, score, before.version, primary.version.pk,
        anomaly.scores[index] if anomaly else None, anomaly.version.pk if anomaly else None,
        primary.version.feature_set, vector, _digest(assessment, index, vector),
    )  # fmt: skip


def _digest(assessment: BatchAssessment, index: int, vector: bytes) -> str:
    body: dict[str, Any] = {
        "transaction": bytes(assessment.transactions[index].digest).hex(),
        "features": vector.hex(),
        "models": [
            {"version": each.version.pk, "sha256": each.version.sha256, "score": repr(each.scores[index])}
            for each in assessment.champions
        ],
    }
    return hashlib.sha256(canonical(body)).hexdigest()
