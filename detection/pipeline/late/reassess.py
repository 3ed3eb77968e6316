"""Looking again at what late transactions touch. The deciding is that of `assess`; nothing is ever lowered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, prefetch_related_objects

from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.jobs.lease import lock, renew
from finobs.core.jobs.progress import ProgressCallback
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.services import leaf_hash, record
from transactions.models import Transaction

from ... import features
from ...features.matrices import columns_for
from ...models import Alert, LateBatch, ReassessmentRun
from .. import bulk_load
from ..active import ActiveDetectors, active_detectors
from ..assess import raise_alerts
from ..batch_assessment import BatchAssessment
from ..decision import with_late_arrivals
from . import affected, reassessment
from .reassessment import ReassessmentRow

# What one late batch may cost: a merchant that everybody pays is touched by everything. The rest is counted.
MAX_AFFECTED = 20_000
ROWS_PER_PART = 5_000


def reassess(run: ReassessmentRun, progress: ProgressCallback) -> None:
    """All that is left of a run, a part at a time, from the newest transaction to the oldest."""
    causes = affected_causes(run, progress)
    ids = sorted((pk for pk in causes if run.cursor is None or pk < run.cursor), reverse=True)
    progress("Looking again", run.done, len(causes))
    for start in range(0, len(ids), ROWS_PER_PART):
        assess_part(run, ids[start : start + ROWS_PER_PART], causes)


def affected_causes(run: ReassessmentRun, progress: ProgressCallback) -> dict[int, int]:
    """The transactions to look at, each with the newest batch that touches it.

    Writes down what each batch touches, and what is left out of it: the oldest.
    """
    causes: dict[int, int] = {}
    for late_batch in run.late_batches.select_related("batch").order_by("-batch_id"):
        progress("Finding what is touched", run.done, run.total)
        touched = affected.affected_transactions(late_batch.batch, late_batch.missed_by)
        left_out = max(0, len(touched.ids) - MAX_AFFECTED)
        LateBatch.objects.filter(pk=late_batch.pk).update(
            late=touched.late, touched=len(touched.ids), left_out=left_out
        )
        for pk in touched.ids[left_out:].tolist():
            causes.setdefault(pk, late_batch.batch_id)
    return causes


def assess_part(run: ReassessmentRun, ids: Sequence[int], causes: Mapping[int, int]) -> None:
    """Assess these again with the champions in force, and keep what differs. Raises LeaseLost."""
    rows = list(reassessment.rows_of_transactions(Transaction, ids, "id").order_by("pk"))
    active = active_detectors(run.source)
    champions = [each for each in active.champions if features.get(each.feature_set).statistics]
    # What rules say of a row, no other row changes; what only looks on, looked on when it came in.
    active = ActiveDetectors([], champions, [])
    assessment = BatchAssessment(active, rows, partial(columns_for, as_of=run.as_of)) if champions else None
    reassess_part(run=run, ids=ids, assessment=assessment, causes=causes)


@service
def reassess_part(
    *, run: ReassessmentRun, ids: Sequence[int], assessment: BatchAssessment | None, causes: Mapping[int, int]
) -> None:
    """Keep a reassessment of each transaction whose score or outcome is another one now, and raise an alert for each
    that reaches a threshold and has none. A lower score is kept, and closes nothing.

    Who: finobs itself, while it has the run's lease. Records `batch.reassess` with the counts and the RFC 6962 root
    over the digests of what was kept, and `transaction.reassess` and `alert.raise` for each alert. Raises LeaseLost.
    """
    row = lock(run)
    at = clock.now()
    changes = _changes(run, assessment, causes, at) if assessment else []
    row.cursor, row.done, row.total = min(ids), row.done + len(ids), len(causes)
    renew(row)
    row.save()
    for batch_id in sorted({change.batch_id for change in changes}):
        own = [change for change in changes if change.batch_id == batch_id]
        raised = sum(change.alert_id is not None for change in own)
        LateBatch.objects.filter(pk=batch_id).update(changed=F("changed") + len(own), raised=F("raised") + raised)
    if changes:
        bulk_load.add_reassessments(changes, run=row.pk, at=at)
        data = _event_data(row, ids, changes)
        record(actor=system_actor("reassess"), action="batch.reassess", subject=row, data=data)


def _changes(
    run: ReassessmentRun, assessment: BatchAssessment, causes: Mapping[int, int], at: datetime
) -> list[ReassessmentRow]:
    """What differs from what stood before, each with the alert that was raised for it."""
    before = reassessment.prior_assessments([row.pk for row in assessment.transactions])
    changes, indexes = [], []
    for index, row in enumerate(assessment.transactions):
        change = reassessment.diff(assessment, index, before[row.pk], causes[row.pk])
        if change is None:
            continue
        changes.append(change)
        if index in assessment.decisions and not before[row.pk].has_alert:
            indexes.append(index)
    alerts = _raise_alerts(run, assessment, indexes, causes, at)
    return [
        change._replace(alert_id=alerts[change.transaction_id].pk) if change.transaction_id in alerts else change
        for change in changes
    ]


def _raise_alerts(
    run: ReassessmentRun,
    assessment: BatchAssessment,
    indexes: Sequence[int],
    causes: Mapping[int, int],
    at: datetime,
) -> Mapping[int, Alert]:
    """An alert, by transaction, for each of `indexes`, with what came in late among its reasons."""
    prefetch_related_objects([assessment.transactions[index] for index in indexes], "account", "counterparty")
    missed_by = dict(LateBatch.objects.filter(pk__in=set(causes.values())).values_list("pk", "missed_by"))
    for index in indexes:
        row = assessment.transactions[index]
        cause = affected.late_arrival_cause(row, causes[row.pk], missed_by[causes[row.pk]])
        assessment.decisions[index] = with_late_arrivals(assessment.decisions[index], cause)
    return raise_alerts(assessment, run.source, indexes, at)


def _event_data(run: ReassessmentRun, ids: Sequence[int], changes: Sequence[ReassessmentRow]) -> dict[str, Any]:
    ordered = sorted(changes, key=lambda change: change.transaction_id)
    return {
        "batches": [str(pk) for pk in sorted({change.batch_id for change in changes})],
        "as_of": str(run.as_of), "from": str(min(ids)), "to": str(max(ids)), "looked_at": len(ids),
        "changed": len(changes), "raised": sum(change.alert_id is not None for change in changes),
        "model_versions": sorted({change.model_version_id for change in changes if change.model_version_id}),
        "root": merkle.root([leaf_hash(bytes.fromhex(change.digest)) for change in ordered]).hex(),
    }  # fmt: skip
