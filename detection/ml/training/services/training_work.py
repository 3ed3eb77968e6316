"""Working a training run: claimed under a lease, kept alive while it works, ended once, whatever happens to workers."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet

from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import FinobsError, Invalid
from finobs.core.service import service
from finobs.ledger.services import record

from ....choices import RunState
from ....models import ModelVersion, TrainingRun
from ..pipeline import train_candidate
from .model_publish import model_publish
from .training_request import wanted_of

log = logging.getLogger("finobs.detection")
# Longer than any one step takes without a word; a worker that is killed is missed for no longer.
LEASE = timedelta(minutes=5)
ATTEMPTS = 3
EVERY = timedelta(seconds=1)


class Stopped(Exception):
    """The run was cancelled, or another worker has it."""


def training_work(run_id: int, *, abandoned: bool = False) -> TrainingRun | None:
    """Claim the run and work it to its end, as whoever asked; None if it has ended or another worker has it.

    `abandoned`: whoever had it is known to be dead, so its lease counts for nothing. Called by workers, so no
    permission is asked but that of whoever asked. Records `model.train` or `training.fail`. A database that goes away
    is raised: the lease runs out, and the next worker takes the run up again.
    """
    run = training_claim(run_id=run_id, abandoned=abandoned)
    if run is None:
        return None
    tell = Heartbeat(run)
    try:
        made = train_candidate(run.asked_by, wanted_of(run), tell)
        tell("Publishing")
        training_finish(run=run, made=made)
    except Stopped:
        log.info("%s was taken from its worker: cancelled, or claimed by another", run)
    except FinobsError as refused:
        training_fail(run=run, why=_words(refused))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s failed", run)
        training_fail(run=run, why=f"finobs made a mistake. The log of the worker says what went wrong in {run}.")
    run.refresh_from_db()
    return run


@service
def training_claim(*, run_id: int, abandoned: bool = False) -> TrainingRun | None:
    """Take a run that waits, or whose worker let its lease run out. Each claim counts as one attempt, and only the
    latest can end the run. Rows that somebody else is claiming just now are passed by."""
    at = clock.now()
    free = Q(state=RunState.QUEUED) | (Q(state=RunState.RUNNING) if abandoned else lost_at(at))
    rows = TrainingRun.objects.select_for_update(of=("self",), skip_locked=True).filter(free, pk=run_id)
    run = rows.select_related("asked_by", "source").first()
    if run is None:
        return None
    run.state, run.attempts, run.started_at = RunState.RUNNING, run.attempts + 1, at
    run.lease_until, run.step, run.done, run.total = at + LEASE, "Starting", 0, 0
    run.save(update_fields=["state", "attempts", "started_at", "lease_until", "step", "done", "total"])
    return run


def lost_at(at: datetime) -> Q:
    """Runs whose worker was not heard of for as long as its lease."""
    return Q(state=RunState.RUNNING, lease_until__lte=at)


class Heartbeat:
    """Says how far a run is, and keeps its lease, at most once a second: one statement, its own transaction.

    Raises Stopped when the run is not this worker's any more.
    """

    def __init__(self, run: TrainingRun) -> None:
        self.run, self.step, self.told = run, "", clock.now() - EVERY

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        at = clock.now()
        if step == self.step and at - self.told < EVERY:
            return
        self.step, self.told = step, at
        try:
            held = _held(self.run).update(step=step, done=done, total=total, lease_until=at + LEASE)
        except OperationalError:
            # Somebody else writes for long (SQLite): the lease outlasts it, and the next word comes soon.
            log.warning("%s could not say how far it is", self.run, exc_info=True)
            return
        if not held:
            raise Stopped


@service
def training_finish(*, run: TrainingRun, made: ModelVersion) -> ModelVersion:
    """Publish what was learned and end the run, in one transaction: however many workers, one version.

    Raises Stopped if the run is not this worker's any more, and as `model_publish` does.
    """
    held = _held(run).select_for_update(of=("self",)).first()
    if held is None:
        raise Stopped
    held.model_version = model_publish(actor=run.asked_by, made=made, run=run.pk)
    _end(held, RunState.DONE, "Done")
    return held.model_version


@service
def training_fail(*, run: TrainingRun, why: str) -> None:
    """End a run of this worker with the reason. Records `training.fail`."""
    held = _held(run).select_for_update(of=("self",)).first()
    if held is not None:
        fail(held, why)


def fail(run: TrainingRun, why: str) -> None:
    """End a locked run with the reason."""
    run.error = why
    _end(run, RunState.FAILED, run.step)
    record(actor=system_actor("training"), action="training.fail", subject=run, data={"role": run.role, "why": why})


def _end(run: TrainingRun, state: RunState, step: str) -> None:
    run.state, run.step, run.ended_at, run.lease_until = state, step, clock.now(), None
    run.save(update_fields=["state", "step", "ended_at", "lease_until", "error", "model_version"])


def _held(run: TrainingRun) -> QuerySet[TrainingRun]:
    """The run, while it is this worker's."""
    return TrainingRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempts=run.attempts)


def _words(refused: FinobsError) -> str:
    if isinstance(refused, Invalid) and refused.fields:
        return " ".join(text for texts in refused.fields.values() for text in texts)
    return refused.detail
