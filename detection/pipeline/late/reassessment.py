"""What stands of transactions that are looked at again, and where that differs from what is made of them now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from finobs.ledger.canonical import canonical

from ...choices import ModelRole, Outcome
from ...features.confirmations import any_of
from ...models import Alert, Assessment, Reassessment
from ..batch_assessment import BatchAssessment
from ..decision import SEVERITY

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
    again = rows_of_transactions(Reassessment, ids).order_by("pk")
    names = ("transaction_id", "outcome", "score", "model_version_id")
    last = {pk: (outcome, score, version) for pk, outcome, score, version in again.values_list(*names)}
    found: dict[int, PriorAssessment] = {}
    for pk, outcome, score, version, fired in rows_of_transactions(Assessment, ids).values_list(*names, "fired"):
        floor = outcome if fired else Outcome.APPROVE.value
        found[pk] = PriorAssessment(*last.get(pk, (outcome, score, version)), floor=floor, has_alert=pk in alerted)
    return found


def rows_of_transactions(model: type[M], ids: Sequence[int], column: str = "transaction_id") -> QuerySet[M]:
    """Rows of these transactions, however many, by one parameter."""
    where, value = any_of(f"{connection.ops.quote_name(model._meta.db_table)}.{column}", ids)
    return model._default_manager.extra(where=[where], params=[value])  # noqa: S610


class ReassessmentRow(NamedTuple):
    """What is made of a transaction now, where it differs; in the order of persist.REASSESSMENT."""

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


def diff(judged: BatchAssessment, index: int, before: PriorAssessment, cause: int) -> ReassessmentRow | None:
    """What the models make of row `index` now, because of the batch `cause`; None where it is what it was."""
    row, leading = judged.transactions[index], judged.leading
    if leading is None:
        return None
    decision = judged.decisions.get(index)
    asked = decision.outcome.value if decision else Outcome.APPROVE.value
    outcome = max(before.floor, asked, key=lambda each: SEVERITY[Outcome(each)])
    score = leading.scores[index]
    if (outcome, score) == (before.outcome, before.score):
        return None
    anomaly = judged.of_role(ModelRole.ANOMALY)
    vector = judged.matrices[leading.version.feature_set][index].tobytes()
    return ReassessmentRow(
        row.pk, cause, before.outcome, outcome, before.score, score, before.version, leading.version.pk,
        anomaly.scores[index] if anomaly else None, anomaly.version.pk if anomaly else None,
        leading.version.feature_set, vector, _digest(judged, index, vector),
    )  # fmt: skip


def _digest(judged: BatchAssessment, index: int, vector: bytes) -> str:
    kept: dict[str, Any] = {
        "transaction": bytes(judged.transactions[index].digest).hex(),
        "features": vector.hex(),
        "models": [
            {"version": each.version.pk, "sha256": each.version.sha256, "score": repr(each.scores[index])}
            for each in judged.champions
        ],
    }
    return hashlib.sha256(canonical(kept)).hexdigest()
