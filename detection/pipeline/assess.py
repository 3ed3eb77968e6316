"""The one decision path. Every transaction, whichever door it came by, is decided here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from finobs.accounts.system import system_actor
from finobs.core import clock, dispatch
from finobs.core.db.bulk import insert_instances
from finobs.ledger.services import NewEvent, record_many
from transactions.hooks import AssessmentResult
from transactions.import_cache import ImportCache
from transactions.models import Batch, Source, Transaction

from .. import hooks
from ..choices import ModelRole, Outcome
from ..features.carried_window import CarriedWindow
from ..features.matrices import columns_for
from ..ml.scoring import MEMBER_COLUMNS, ModelScores
from ..models import Alert
from . import bulk_load, explanations
from . import snapshot as snap
from .active import ActiveDetectors, active_detectors
from .batch_assessment import AssessmentContext, BatchAssessment
from .explanations import ScoredVectors
from .late.late_batch_record import late_batch_record, send_for_lateness


def assess(
    *, batch: Batch, transactions: Sequence[Transaction], prepared: Callable[[], ActiveDetectors] | None = None,
    cache: ImportCache | None = None,
) -> list[AssessmentResult]:  # fmt: skip
    """Decide each transaction of `batch`: approve, review or block; a result for each, in their order.

    prepared: what `send_for_detectors` returned in the same transaction; without it they are read here. cache: of the
    import that the batch is of; the rows before its batches are kept in it. They decide the same.

    Called by `ingest`, in its transaction; the actor is finobs itself ("assess"), so no permission is asked.
    Keeps an assessment for each, an alert for each review or block; records `transaction.review` or
    `transaction.block`, and `alert.raise`; hands the alerts to the gatherer.
    """
    if not transactions:
        return []
    with transaction.atomic(savepoint=False):
        detectors = prepared() if prepared else active_detectors(batch.source)
        return _assess(batch, transactions, detectors, _window(batch.source, cache))


def _window(source: Source, cache: ImportCache | None) -> CarriedWindow | None:
    if cache is None:
        return None
    if not isinstance(cache.assessor, CarriedWindow):
        cache.assessor = CarriedWindow(source)
    return cache.assessor


def _assess(
    batch: Batch, transactions: Sequence[Transaction], detectors: ActiveDetectors, window: CarriedWindow | None
) -> list[AssessmentResult]:
    # Answered with what the history asks, which a model that needs none does not.
    is_late = send_for_lateness(transactions, batch) if detectors.read_history and window is None else None
    assessment, at = BatchAssessment(detectors, transactions, partial(columns_for, window=window)), clock.now()
    if detectors.read_history and window is not None and not window.is_on_time(transactions):
        is_late = send_for_lateness(transactions, batch)
    _persist(assessment, at)
    alerts = raise_alerts(assessment, batch.source, sorted(assessment.decisions), at)
    if is_late is not None and is_late():
        late_batch_record(batch)
    return _verdicts(assessment, alerts, at)


def _verdicts(assessment: BatchAssessment, alerts: Mapping[int, Alert], at: datetime) -> list[AssessmentResult]:
    primary = assessment.primary
    scores: Sequence[float | None] = primary.scores if primary else [None] * len(assessment.transactions)
    context, approved = AssessmentContext(assessment, at), Outcome.APPROVE.value
    results = []
    for index, (row, score) in enumerate(zip(assessment.transactions, scores, strict=True)):
        decision, alert = assessment.decisions.get(index), alerts.get(row.id)
        outcome = decision.outcome.value if decision else approved
        results.append(AssessmentResult(row.id, outcome, score, alert.pk if alert else None, context))
    return results


def _persist(assessment: BatchAssessment, at: datetime) -> None:
    number = len(assessment.transactions)
    nothing: list[Any] = [None] * number
    anomaly = assessment.of_role(ModelRole.ANOMALY)
    outcomes, fired = [Outcome.APPROVE.value] * number, ["[]"] * number
    for index, decision in assessment.decisions.items():
        outcomes[index], fired[index] = decision.outcome.value, json.dumps(snap.fired_ids(decision))
    bulk_load.add_assessments(
        [row.id for row in assessment.transactions], outcomes, fired,
        *(column for each in (assessment.primary, anomaly) for column in _scores(each, nothing)),
        *(anomaly.members.get(name, nothing) if anomaly else nothing for name in MEMBER_COLUMNS),
        at=at,
    )  # fmt: skip
    for each in assessment.shadow:
        bulk_load.add_shadow_scores(assessment.transactions, each)


def _scores(scored: ModelScores | None, nothing: list[Any]) -> tuple[list[Any], list[Any]]:
    """A column of scores, and one of whose they are."""
    return (nothing, nothing) if scored is None else (scored.scores, [scored.version.pk] * len(nothing))


def raise_alerts(assessment: BatchAssessment, source: Source, chosen: Sequence[int], at: datetime) -> dict[int, Alert]:
    """Raise an alert for each chosen row, record it, and hand it on; alerts by transaction id."""
    chosen = [index for index in chosen if assessment.decisions[index].outcome != Outcome.APPROVE]
    if not chosen:
        return {}
    alerts = [_alert(assessment, source, index, at) for index in chosen]
    if assessment.champions and explanations.attach_explanations(
        alerts, [_scored_vectors(assessment, each, chosen) for each in assessment.champions]
    ):
        for batch_id in sorted({assessment.transactions[index].batch_id for index in chosen}):
            dispatch.on_commit("detection.tasks.explain_batch", batch_id)
    raised = insert_instances(alerts)
    record_many(actor=system_actor("assess"), entries=[entry for each in raised for entry in _entries(each)])
    hooks.group(raised)
    return {each.transaction.pk: each for each in raised}


def _scored_vectors(assessment: BatchAssessment, scored: ModelScores, chosen: Sequence[int]) -> ScoredVectors:
    matrix = assessment.matrices[scored.version.feature_set]
    return ScoredVectors(
        scored.version, [scored.scores[index] for index in chosen], [matrix[index] for index in chosen]
    )


def _alert(assessment: BatchAssessment, source: Source, index: int, at: datetime) -> Alert:
    row, decision, primary = assessment.transactions[index], assessment.decisions[index], assessment.primary
    snapshot = snap.input_snapshot(row, source, assessment.vectors(index), assessment.history(index))
    return Alert(
        transaction=row, account=row.account, typology=decision.typology, outcome=decision.outcome,
        score=decision.score, rule_version_id=next(iter(snap.fired_ids(decision)), None),
        model_version=primary.version if primary else None,
        parameters=snap.parameter_snapshot(decision, assessment.champions, index), snapshot=snapshot,
        snapshot_digest=snap.snapshot_digest(snapshot), reasons=list(decision.reasons), created_at=at,
    )  # fmt: skip


def _entries(alert: Alert) -> list[NewEvent]:
    """What the ledger keeps of an alert: the decision on the transaction, and the alert with its evidence."""
    why = {
        "score": None if alert.score is None else repr(alert.score),
        "rule_versions": [rule["version"] for rule in alert.parameters["rules"]],
        "model_version": alert.model_version_id,
        "model_versions": [model["version"] for model in alert.parameters["models"]],
        "reasons": alert.reasons,
    }
    late = alert.parameters.get("late")
    evidence = {
        "transaction": alert.transaction_id, "account": alert.account_id, "typology": str(alert.typology),
        "outcome": str(alert.outcome), "snapshot_digest": alert.snapshot_digest,
        "parameters_digest": snap.snapshot_digest(alert.parameters),
        "explanation_digest": snap.snapshot_digest(alert.explanation) if alert.explanation else None,
    }  # fmt: skip
    return [
        NewEvent(f"transaction.{'reassess' if late else Outcome(alert.outcome).value}", alert.transaction, why),
        NewEvent("alert.raise", alert, why | evidence),
    ]
