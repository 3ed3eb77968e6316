"""One job from its claim to its end, whatever happens in between."""

from __future__ import annotations

import logging
from typing import TypeVar

from django.db import connection

from ..db.failures import is_connection_lost
from ..errors import FinobsError
from .kinds import kind_of
from .lease import Heartbeat, LeaseLost, claim, fail, finish, reschedule
from .models import LeasedJob

J = TypeVar("J", bound=LeasedJob)
log = logging.getLogger("finobs.jobs")


def work(model: type[J], pk: int, *, abandoned: bool = False) -> J | None:
    """Claim job `pk` and work it to its end; None if it has ended or another worker has it.

    Called by workers, in the name of whoever requested the job: no other permission is asked. `abandoned` as for
    `claim`. Raises OperationalError or InterfaceError where the database goes away: the lease runs out, and the next
    worker takes the job. A database that is there and refuses (a time-out, a full disk) ends it: the next worker would
    be told the same.
    """
    job = claim(model, pk, abandoned=abandoned)
    return None if job is None else run_claimed(job)


def run_claimed(job: J) -> J:
    """Work a job that this worker has just claimed; the row as it is afterwards. Raises as `work`."""
    kind = kind_of(job)
    try:
        finish(job, kind.run(job, Heartbeat(job)))
    except LeaseLost:
        log.info("%s was taken from its worker: cancelled, or claimed by another", job)
    except Exception as error:
        if is_connection_lost(error):
            raise
        _end_early(job, error)
    job.refresh_from_db()
    return job


def _end_early(job: LeasedJob, error: Exception) -> None:
    kind = kind_of(job)
    if not isinstance(error, FinobsError):
        log.exception("%s failed", job)
        # A transaction that took too long is ended with its connection.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
    reason, delay = kind.reason(job, error), kind.retry_delay(job, error)
    if delay is not None and job.attempts_left:
        reschedule(job, reason, delay)
    else:
        fail(job, reason)
