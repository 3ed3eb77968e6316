"""What the schedule does about jobs that nobody works on."""

from __future__ import annotations

import logging

from .. import clock, dispatch
from ..service import service
from . import queries
from .kinds import kind_of, registered
from .lease import fail_locked
from .models import LeasedJob

log = logging.getLogger("finobs.jobs")


def call_worker(job: LeasedJob) -> None:
    """Send a worker the id of `job` once the present transaction has committed."""
    dispatch.on_commit(kind_of(job).task, job.pk)


def jobs_wake() -> dict[str, list[int]]:
    """Call a worker for every job of every kind that nobody works on; their ids, by the model's label.

    Called by the schedule, each minute; twice at once does no harm.
    """
    ids = {}
    for kind in registered():
        try:
            ids[kind.model._meta.label_lower] = wake(kind.model)
        except Exception:  # one kind's fault must not keep the others waiting
            log.exception("Jobs of %s could not be woken", kind.model._meta.label)
    return {label: woken for label, woken in ids.items() if woken}


@service
def wake(model: type[LeasedJob]) -> list[int]:
    """Call a worker for every job of `model` whose worker was lost or never came. Returns their ids.

    One that has cost as many workers as it may is failed; the failure is recorded.
    """
    rows = model._default_manager.select_for_update(of=("self",), skip_locked=True).filter(queries.idle(clock.now()))
    woken = []
    for row in rows.order_by("pk"):
        if row.attempts_left:
            call_worker(row)
            woken.append(row.pk)
        else:
            fail_locked(row, _exhausted(row))
    return woken


def _exhausted(job: LeasedJob) -> str:
    workers = job.attempts - job.attempts_before_retry
    return f"{workers} workers took it, and none was heard of again. The last was at: {job.step}."
