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
    jobs: dict[str, list[int]] = {}
    for kind in registered():
        try:
            jobs[kind.model._meta.label_lower] = wake(kind.model)
        except Exception:
            # The jobs of the other kinds must not wait for this one to be mended.
            log.exception("Jobs of %s could not be woken", kind.model._meta.label)
    return {label: ids for label, ids in jobs.items() if ids}


@service
def wake(model: type[LeasedJob]) -> list[int]:
    """Call a worker for every job of `model` whose worker was lost or never came. Returns their ids.

    One that has cost as many workers as it may is failed; the failure is recorded.
    """
    rows = model._default_manager.select_for_update(of=("self",), skip_locked=True).filter(
        queries.unattended(clock.now())
    )
    ids = []
    for row in rows.order_by("pk"):
        if row.attempts_left:
            call_worker(row)
            ids.append(row.pk)
        else:
            fail_locked(row, _exhausted(row))
    return ids


def _exhausted(job: LeasedJob) -> str:
    workers = job.attempts - job.attempts_before_retry
    return f"{workers} workers took it, and none was heard of again. The last was at: {job.step}."
