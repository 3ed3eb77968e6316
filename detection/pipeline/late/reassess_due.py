"""Beginning a run for every source with late batches that are due, and working whatever waits."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import Max, QuerySet

from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Conflict
from finobs.core.jobs.choices import OPEN_STATES
from finobs.core.jobs.lease import claim
from finobs.core.jobs.worker import run_claimed
from finobs.core.service import service
from transactions.deliveries.queries import input_completeness
from transactions.models import Source, Transaction

from ...models import LateBatch, ReassessmentRun
from .overlaps import overlaps_record

log = logging.getLogger("finobs.detection")
# Files that come in without a pause are not waited for longer than this.
MAX_SETTLING_TIME = timedelta(minutes=15)


def reassess_due() -> int:
    """Carry out whatever is due; returns how many transactions were looked at. Safe to run twice, or at once.

    Due is what batches touch that were late, or were decided at the same time as others.

    Raises OperationalError or InterfaceError where the database goes away.
    """
    try:
        overlaps_record()
    except OperationalError:
        # A look that takes too long must not stop what is due: it is begun anew the next time.
        log.exception("Batches that were decided at the same time could not be looked for")
    looked_at = 0
    while (run := _next_run()) is not None:
        before = run.done
        looked_at += run_claimed(run).done - before
    return looked_at


def _next_run() -> ReassessmentRun | None:
    """A run that waits or was left behind, else one that begins now."""
    try:
        return claim(ReassessmentRun) or _claim_new()
    except Conflict:
        return None  # somebody else has just begun with this source


def _claim_new() -> ReassessmentRun | None:
    run = reassessment_begin()
    return None if run is None else claim(ReassessmentRun, run.pk)


@service
def reassessment_begin() -> ReassessmentRun | None:
    """Queue a run with all late batches of a source that are due; None where none is.

    Who: finobs itself. A source whose files still come in waits until they have settled, at most 15 minutes.
    Raises Conflict if somebody else begins with the same source in this moment.
    """
    waiting = LateBatch.objects.filter(run=None)
    for source_id in _sources_due(waiting, clock.now()):
        batch_ids = [
            late_batch.pk for late_batch in waiting.filter(source_id=source_id).select_for_update(skip_locked=True)
        ]
        if batch_ids:
            source = Source.objects.get(pk=source_id)
            run = ReassessmentRun.objects.create(
                source=source, as_of=newest_transaction_id(), requested_by=system_actor("reassess"),
                input_completeness=input_completeness(source),
            )  # fmt: skip
            waiting.filter(pk__in=batch_ids).update(run=run)
            return run
    return None


def _sources_due(waiting: QuerySet[LateBatch], at: datetime) -> list[int]:
    """Those whose late batches are due, the longest due first, but for those that have an open run already."""
    due = waiting.filter(due_at__lte=at)
    busy = set(ReassessmentRun.objects.filter(state__in=OPEN_STATES).values_list("source_id", flat=True))
    settling = set(waiting.filter(due_at__gt=at).values_list("source_id", flat=True))
    overdue = set(due.filter(due_at__lte=at - MAX_SETTLING_TIME).values_list("source_id", flat=True))
    source_ids = dict.fromkeys(due.order_by("due_at", "pk").values_list("source_id", flat=True))
    return [pk for pk in source_ids if pk not in busy and pk not in settling - overdue]


def newest_transaction_id() -> int:
    return int(Transaction.objects.aggregate(newest=Max("pk"))["newest"])
