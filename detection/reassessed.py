"""What stands of transactions that are looked at again, and where that differs from what is made of them now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finobs.ledger.canonical import canonical

from .choices import Outcome, Role
from .decision import SEVERITY
from .judging import Judged
from .models import Alert, Assessment, Reassessment

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """The assessment of a transaction, or what the last look again made of it. `floor`: what rules demanded."""

    outcome: str
    score: float | None
    version: int | None
    floor: str
    has_alert: bool


def standing(ids: Sequence[int]) -> dict[int, Standing]:
    """By transaction; for those that were assessed."""
    found: dict[int, Standing] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        alerted = set(Alert.objects.filter(transaction_id__in=part).values_list("transaction_id", flat=True))
        last: dict[int, tuple[str, float | None, int | None]] = {
            pk: (outcome, score, version)
            for pk, outcome, score, version in Reassessment.objects.filter(transaction_id__in=part)
            .order_by("pk")
            .values_list("transaction_id", "outcome", "score", "model_version_id")
        }
        names = ("pk", "outcome", "score", "model_version_id", "fired")
        for pk, outcome, score, version, fired in Assessment.objects.filter(pk__in=part).values_list(*names):
            floor = outcome if fired else Outcome.APPROVE.value
            latest = last.get(pk, (outcome, score, version))
            found[pk] = Standing(latest[0], latest[1], latest[2], floor, pk in alerted)
    return found


def compared(judged: Judged, index: int, before: Standing) -> Reassessment | None:
    """What the models make of row `index` now, not saved; None where neither score nor outcome is another one."""
    row, leading = judged.transactions[index], judged.leading
    if leading is None:
        return None
    decision = judged.decisions.get(index)
    asked = decision.outcome.value if decision else Outcome.APPROVE.value
    outcome = max(before.floor, asked, key=lambda each: SEVERITY[Outcome(each)])
    score = leading.scores[index]
    if (outcome, score) == (before.outcome, before.score):
        return None
    anomaly = judged.of_role(Role.ANOMALY)
    vector = judged.matrices[leading.version.feature_set][index].tobytes()
    return Reassessment(
        transaction=row, outcome_before=before.outcome, outcome=outcome, score_before=before.score, score=score,
        version_before_id=before.version, model_version=leading.version,
        anomaly_score=anomaly.scores[index] if anomaly else None,
        anomaly_version=anomaly.version if anomaly else None,
        feature_set=leading.version.feature_set, features=vector, digest=_digest(judged, index, vector),
    )  # fmt: skip


def _digest(judged: Judged, index: int, vector: bytes) -> str:
    kept: dict[str, Any] = {
        "transaction": bytes(judged.transactions[index].digest).hex(),
        "features": vector.hex(),
        "models": [
            {"version": each.version.pk, "sha256": each.version.sha256, "score": repr(each.scores[index])}
            for each in judged.champions
        ],
    }
    return hashlib.sha256(canonical(kept)).hexdigest()
