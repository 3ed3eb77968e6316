"""Looking again at what late transactions touch. The deciding is that of `assess`; nothing is ever lowered."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import F, Max, QuerySet, prefetch_related_objects

from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Conflict
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.services import leaf_hash, record
from transactions.models import Transaction

from ... import features
from ...choices import RunState
from ...features.matrices import columns_for
from ...models import LateBatch, ReassessmentRun
from .. import bulk_load
from ..active import ActiveDetectors, active_detectors
from ..assess import raise_alerts
from ..batch_assessment import BatchAssessment
from ..decision import with_late_arrivals
from . import affected, reassessment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
# Files that come in without a pause are not waited for longer than this.
MAX_SETTLING_TIME = timedelta(minutes=15)
# What one late batch may cost: a merchant that everybody pays is touched by everything. The rest is counted.
MAX_AFFECTED = 20_000
ROWS_PER_PART = 5_000
ATTEMPTS = 5


def reassess_due() -> int:
    """Carry out whatever is due; returns how many transactions were looked at. Safe to run twice, or at once."""
    done = 0
    while (run := _claimed()) is not None:
        done += _carry_out(run)
    return done


def _claimed() -> ReassessmentRun | None:
    try:
        return reassess_claim()
    except Conflict:
        return None  # somebody else has just begun with this source


@service
def reassess_claim() -> ReassessmentRun | None:
    """Take over a run that was left behind, or begin one with all late batches of a source that are due.

    Who: finobs itself. A source whose files still come in waits until they have settled, at most 15 minutes.
    Raises Conflict if somebody else begins with the same source in this moment.
    """
    now = clock.now()
    left = ReassessmentRun.objects.filter(state=RunState.RUNNING, lease_until__lt=now)
    run = left.select_for_update(skip_locked=True).order_by("pk").first() or _begun(now)
    if run is None:
        return None
    run.attempts, run.lease_until = run.attempts + 1, now + LEASE
    if run.attempts > ATTEMPTS:
        run.state, run.ended_at = RunState.FAILED, now
    run.save()
    return run


def _begun(now: datetime) -> ReassessmentRun | None:
    waiting = LateBatch.objects.filter(run=None)
    busy = set(ReassessmentRun.objects.filter(state=RunState.RUNNING).values_list("source_id", flat=True))
    settling = set(waiting.filter(due_at__gt=now).values_list("source_id", flat=True))
    patience_ends = set(waiting.filter(due_at__lte=now - MAX_SETTLING_TIME).values_list("source_id", flat=True))
    due = waiting.filter(due_at__lte=now).order_by("due_at", "pk").values_list("source_id", flat=True)
    for source_id in dict.fromkeys(due):
        if source_id in busy or source_id in settling - patience_ends:
            continue
        mine = list(waiting.filter(source_id=source_id).select_for_update(skip_locked=True))
        if not mine:
            continue
        last = Transaction.objects.aggregate(last=Max("pk"))["last"]
        run = ReassessmentRun.objects.create(source_id=source_id, as_of=last)
        waiting.filter(pk__in=[each.pk for each in mine]).update(run=run)
        return run
    return None


def _carry_out(run: ReassessmentRun) -> int:
    """All that is left of a run, a part at a time; how many transactions were looked at."""
    if run.state != RunState.RUNNING:
        return 0
    done = 0
    try:
        causes = _causes(run)
        ids = sorted((pk for pk in causes if run.cursor is None or pk < run.cursor), reverse=True)
        for start in range(0, len(ids), ROWS_PER_PART):
            part = ids[start : start + ROWS_PER_PART]
            if not _part(run, part, causes):
                return done
            done += len(part)
        reassess_end(run=run)
    except Exception as error:  # the run is tried again when its lease is over, and says why it ended
        log.exception("%s ended early", run)
        _left(run, f"{type(error).__name__}: {error}")
    return done


def _left(run: ReassessmentRun, why: str) -> None:
    _held(run).update(error=why[:2000])


def _held(run: ReassessmentRun) -> QuerySet[ReassessmentRun]:
    """The run, while it is this worker's."""
    return ReassessmentRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempts=run.attempts)


def _causes(run: ReassessmentRun) -> dict[int, int]:
    """The transactions to look at, each with the newest batch that touches it. Counts what each batch touches, and
    what is left out of it: the oldest. Keeps the lease, as many batches take long; nothing once somebody else has the
    run."""
    causes: dict[int, int] = {}
    for each in run.late.select_related("batch").order_by("-batch_id"):
        if not _held(run).update(lease_until=clock.now() + LEASE):
            return {}
        found = affected.affected_transactions(each.batch)
        left_out = max(0, len(found.ids) - MAX_AFFECTED)
        LateBatch.objects.filter(pk=each.pk).update(late=found.late, touched=len(found.ids), left_out=left_out)
        for pk in found.ids[left_out:].tolist():
            causes.setdefault(pk, each.batch_id)
    ReassessmentRun.objects.filter(pk=run.pk).update(total=len(causes))
    return causes


def _part(run: ReassessmentRun, ids: Sequence[int], causes: Mapping[int, int]) -> bool:
    """Look at these again, and keep what differs; False if somebody else has taken the run over."""
    rows = list(reassessment.rows_of_transactions(Transaction, ids, "id").order_by("pk"))
    force = active_detectors(run.source)
    champions = [each for each in force.champions if features.get(each.feature_set).statistics]
    # What rules say of a row, no other row changes; what only looks on, looked on when it came in.
    force = ActiveDetectors([], champions, [])
    judged = BatchAssessment(force, rows, partial(columns_for, as_of=run.as_of)) if champions else None
    return reassess_part(run=run, ids=ids, judged=judged, causes=causes)


@service
def reassess_part(
    *, run: ReassessmentRun, ids: Sequence[int], judged: BatchAssessment | None, causes: Mapping[int, int]
) -> bool:
    """Keep a reassessment of each transaction whose score or outcome is another one now, and raise an alert for each
    that reaches a threshold and has none. A lower score is kept, and closes nothing.

    Who: finobs itself, as long as it holds the run. Records `batch.reassess` with the counts and the RFC 6962 root over
    the digests of what was kept, and `transaction.reassess` and `alert.raise` for each alert.
    """
    held = ReassessmentRun.objects.select_for_update().get(pk=run.pk)
    if (held.state, held.attempts) != (RunState.RUNNING, run.attempts):
        return False
    at = clock.now()
    kept = _kept(held, judged, causes, at) if judged else []
    held.cursor, held.done, held.lease_until = min(ids), held.done + len(ids), at + LEASE
    held.save()
    for batch_id in sorted({each.batch_id for each in kept}):
        own = [each for each in kept if each.batch_id == batch_id]
        raised = sum(each.alert_id is not None for each in own)
        LateBatch.objects.filter(pk=batch_id).update(changed=F("changed") + len(own), raised=F("raised") + raised)
    if kept:
        bulk_load.add_reassessments(kept, run=held.pk, at=at)
        record(actor=system_actor("reassess"), action="batch.reassess", subject=held, data=_said(held, ids, kept))
    return True


def _kept(
    run: ReassessmentRun, judged: BatchAssessment, causes: Mapping[int, int], at: datetime
) -> list[reassessment.ReassessmentRow]:
    before = reassessment.prior_assessments([row.pk for row in judged.transactions])
    found, chosen = [], []
    for index, row in enumerate(judged.transactions):
        each = reassessment.diff(judged, index, before[row.pk], causes[row.pk])
        if each is None:
            continue
        found.append(each)
        if index in judged.decisions and not before[row.pk].has_alert:
            chosen.append(index)
    prefetch_related_objects([judged.transactions[index] for index in chosen], "account", "counterparty")
    for index in chosen:
        row = judged.transactions[index]
        judged.decisions[index] = with_late_arrivals(
            judged.decisions[index], affected.late_arrival_cause(row, causes[row.pk])
        )
    alerts = raise_alerts(judged, run.source, chosen, at)
    return [
        each._replace(alert_id=alerts[each.transaction_id].pk) if each.transaction_id in alerts else each
        for each in found
    ]


def _said(run: ReassessmentRun, ids: Sequence[int], kept: Sequence[reassessment.ReassessmentRow]) -> dict[str, Any]:
    ordered = sorted(kept, key=lambda each: each.transaction_id)
    return {
        "batches": [str(pk) for pk in sorted({each.batch_id for each in kept})],
        "as_of": str(run.as_of), "from": str(min(ids)), "to": str(max(ids)), "looked_at": len(ids),
        "changed": len(kept), "raised": sum(each.alert_id is not None for each in kept),
        "model_versions": sorted({each.model_version_id for each in kept if each.model_version_id}),
        "root": merkle.root([leaf_hash(bytes.fromhex(each.digest)) for each in ordered]).hex(),
    }  # fmt: skip


@service
def reassess_end(*, run: ReassessmentRun) -> None:
    """Nothing of the run is left. Who: finobs itself, as long as it holds it."""
    held = ReassessmentRun.objects.select_for_update().get(pk=run.pk)
    if (held.state, held.attempts) == (RunState.RUNNING, run.attempts):
        held.state, held.ended_at, held.lease_until, held.error = RunState.DONE, clock.now(), None, ""
        held.save()
