"""What workers do to a job's row: claim it, keep it, end it. Only the latest claim can write (the fencing token)."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final, TypeVar

from django.db import OperationalError
from django.db.models import QuerySet

from .. import clock
from ..service import service
from . import queries
from .choices import JobState
from .kinds import kind_of
from .models import MAX_STEP_LENGTH, LeasedJob

J = TypeVar("J", bound=LeasedJob)
log = logging.getLogger("finobs.jobs")
HEARTBEAT_INTERVAL: Final = timedelta(seconds=1)


class LeaseLost(Exception):
    """The job was cancelled, or another worker has it."""


@service
def claim(model: type[J], pk: int | None = None, *, abandoned: bool = False) -> J | None:
    """Take job `pk`, or the one that has waited longest; None where none is free.

    A job is free when it is queued and due, or when its worker let the lease run out, unless that was the last of its
    attempts. `abandoned`: its worker is known to be dead, so that neither lease nor attempts count. Each claim is one
    attempt. Rows that somebody else is claiming just now are passed by.
    """
    at = clock.now()
    # Several workers claim at once: each passes by what another is claiming, and none waits.
    rows = model._default_manager.select_for_update(of=("self",), skip_locked=True)
    rows = rows.filter(queries.unfinished() if abandoned else queries.claimable(model, at))
    row = (rows if pk is None else rows.filter(pk=pk)).order_by("scheduled_at", "pk").first()
    if row is None:
        return None
    # The fencing token: it rises with each claim and never goes down (decision 15).
    row.state, row.attempts, row.started_at = JobState.RUNNING, row.attempts + 1, at
    row.step = "Starting"
    if not row.IS_RESUMABLE:
        row.done = row.total = 0
    renew(row)
    row.save()
    return row


def renew(job: LeasedJob) -> None:
    """Let the lease begin anew; the caller saves."""
    job.lease_until = clock.now() + job.LEASE


def under_lease(job: J) -> QuerySet[J]:
    """The row of `job` while this worker's claim is the latest; else nothing."""
    return type(job)._default_manager.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)


def lock(job: J) -> J:
    """The row of `job`, fresh and locked until the transaction ends. Raises LeaseLost."""
    row = under_lease(job).select_for_update(of=("self",)).first()
    if row is None:
        raise LeaseLost
    return row


class Heartbeat:
    """The ProgressCallback of a worker: says how far the job is and renews its lease, in a transaction of its own.

    One statement for each new step, and one a second within a step. Raises LeaseLost.
    """

    def __init__(self, job: LeasedJob) -> None:
        self.job, self.step, self.beat_at = job, "", clock.now() - HEARTBEAT_INTERVAL

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        at = clock.now()
        if step == self.step and at - self.beat_at < HEARTBEAT_INTERVAL:
            return
        self.step, self.beat_at = step, at
        try:
            is_ours = under_lease(self.job).update(
                step=step[:MAX_STEP_LENGTH], done=done, total=total, lease_until=at + self.job.LEASE
            )
        except OperationalError:
            # SQLite has one writer: the lease outlasts a long write of somebody else, and the next beat comes soon.
            log.warning("%s could not say how far it is", self.job, exc_info=True)
            return
        if not is_ours:
            raise LeaseLost


@service
def finish(job: J, result: Any) -> J:
    """End the job with what came of it, in one transaction: its kind's `complete`, then the state.

    Raises LeaseLost, and what `complete` raises.
    """
    row = lock(job)
    kind_of(row).complete(row, result)
    row.step, row.error = "Done", ""
    end(row, JobState.DONE)
    return row


@service
def fail(job: LeasedJob, reason: str) -> None:
    """End a job of this worker with `reason`; nothing where it is not this worker's any more. Records the failure."""
    row = under_lease(job).select_for_update(of=("self",)).first()
    if row is not None:
        fail_locked(row, reason)


def fail_locked(row: LeasedJob, reason: str) -> None:
    """End a locked row with `reason`. Records the failure."""
    row.error = reason
    end(row, JobState.FAILED)
    kind_of(row).record(row, "fail", None, {"why": reason})


@service
def reschedule(job: LeasedJob, reason: str, delay: timedelta) -> None:
    """Give the job back to whichever worker comes first after `delay`; nothing where it is not this worker's."""
    row = under_lease(job).select_for_update(of=("self",)).first()
    if row is not None:
        row.state, row.lease_until, row.error = JobState.QUEUED, None, reason
        row.scheduled_at = clock.now() + delay
        row.save()


def end(row: LeasedJob, state: JobState) -> None:
    row.state, row.ended_at, row.lease_until = state, clock.now(), None
    row.save()
