"""A worker is killed in the middle of a job: another goes on with it, and what comes of it comes once."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connections

from finobs.core import clock
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.lease import Heartbeat
from finobs.core.jobs.wake import wake
from finobs.core.jobs.worker import work
from tests import factories

from .contract import carry_out
from .models import Errand, Round

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]


def worker_that_stands_still_at(job, step):
    """A process that works the job, and does no more once it has said `step`."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        beat = Heartbeat.__call__

        def stand_still(self, word, done=0, total=0):
            beat(self, word, done, total)
            while word == step:
                time.sleep(1)

        Heartbeat.__call__ = stand_still  # type: ignore[method-assign]
        work(type(job), job.pk)
    finally:
        os._exit(1)


def wait_for(job, step, attempts):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        job.refresh_from_db()
        if (job.step, job.attempts) == (step, attempts):
            return
        time.sleep(0.02)
    raise AssertionError(f"the worker never came to {step!r}, only to {job.step!r}")


@pytest.mark.parametrize("model", [Errand, Round])
def test_a_killed_workers_job_is_ended_by_another_once(model, monkeypatch):
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    job = model.objects.create(requested_by=factories.user())
    for attempt, step in enumerate(("Talking", "Talking") if model is Errand else ("Visit 0", "Visit 1")):
        with clock.at(clock.now() + attempt * timedelta(minutes=6)):
            pid = worker_that_stands_still_at(job, step)
            try:
                wait_for(job, step, attempt + 1)
                assert job.state == JobState.RUNNING
                assert work(model, job.pk) is None
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
    assert wake(model) == []
    with clock.at(clock.now() + timedelta(minutes=12)):
        assert wake(model) == [job.pk]
        job = carry_out(job)
    assert (job.state, job.attempts) == (JobState.DONE, 3)
    assert job.outcome == "said" if isinstance(job, Errand) else job.visits == [0, 1, 2]
