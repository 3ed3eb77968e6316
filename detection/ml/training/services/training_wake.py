from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from finobs.core import clock, dispatch
from finobs.core.service import service

from ....choices import RunState
from ....models import TrainingRun
from .training_request import TASK
from .training_work import ATTEMPTS, fail, lost_at

# By then the worker that was called when the run was asked for would have come.
MAX_QUEUED_TIME = timedelta(minutes=1)


@service
def training_wake() -> list[int]:
    """Call a worker for every run that nobody works on: its worker was lost, or never came. Returns their ids.

    A run that has cost three workers is failed. Called by the schedule, each minute; twice at once does no harm.
    Records `training.fail`.
    """
    at = clock.now()
    waits = Q(state=RunState.QUEUED, created_at__lte=at - MAX_QUEUED_TIME)
    rows = TrainingRun.objects.select_for_update(of=("self",), skip_locked=True).filter(waits | lost_at(at))
    woken = []
    for run in rows.order_by("pk"):
        if run.state == RunState.RUNNING and run.attempts >= ATTEMPTS:
            fail(run, f"{run.attempts} workers took it, and none was heard of again. The last was at: {run.step}.")
        else:
            dispatch.on_commit(TASK, run.pk)
            woken.append(run.pk)
    return woken
