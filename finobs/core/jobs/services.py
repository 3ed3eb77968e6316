"""What people do with jobs of any kind. Who may is said in the policy of the kind's app: "cancel" and "retry"."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError

from .. import access, clock
from ..errors import Conflict
from ..reads import first_or_not_found
from ..reasons import optional_reason
from ..service import service
from . import workflow
from .kinds import kind_of
from .lease import end
from .models import LeasedJob
from .wake import call_worker

J = TypeVar("J", bound=LeasedJob)


@service
def job_cancel(*, actor: Any, job: J, reason: str = "") -> J:
    """End a job that waits or runs. Its worker notices at its next word of progress and stops.

    Who may: "cancel" in the policy. Recorded as the kind's "cancel". Raises NotFound, NotAllowed, Invalid, and
    InvalidTransition when it has ended.
    """
    row = _lock(job)
    access.require(actor, "cancel", row)
    state, reason = workflow.check("cancel", row), optional_reason(reason)
    row.error = reason or f"Cancelled by {actor}."
    end(row, state)
    kind_of(row).record(row, "cancel", actor, {"reason": reason})
    return row


@service
def job_retry(*, actor: Any, job: J, reason: str = "") -> J:
    """Queue a job that failed or was cancelled anew, with all its attempts, and call a worker for it.

    It stays the job of whoever requested it, and is worked with their permissions. Who may: "retry" in the policy.
    Recorded as the kind's "retry". Raises NotFound, NotAllowed, InvalidTransition for a job in any other state, and
    Conflict where another one has taken its place.
    """
    row = _lock(job)
    access.require(actor, "retry", row)
    row.state, reason = workflow.check("retry", row), optional_reason(reason)
    # New attempts are granted by noting the old ones: `attempts` set to zero would let a worker from before write
    # again.
    row.ended_at, row.scheduled_at, row.attempts_before_retry = None, clock.now(), row.attempts
    row.step = ""
    if not row.IS_RESUMABLE:
        row.done = row.total = 0
    kind_of(row).prepare_retry(row)
    _check_place(row)
    row.save()
    kind_of(row).record(row, "retry", actor, {"reason": reason})
    call_worker(row)
    return row


SERVICES: Final = {"cancel": job_cancel, "retry": job_retry}


def _lock(job: J) -> J:
    return first_or_not_found(type(job)._default_manager.select_for_update(of=("self",)).filter(pk=job.pk))


def _check_place(row: LeasedJob) -> None:
    try:
        row.validate_constraints()
    except ValidationError as error:
        raise Conflict(" ".join(error.messages)) from error
