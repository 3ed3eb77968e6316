"""A worker is killed in the middle of training: its lease runs out, another takes the run, one version comes of it."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, connections

from detection.choices import ModelRole
from detection.ml.training.services import training_request
from detection.models import ModelVersion, TrainingRun
from detection.tests import scenarios
from finobs.core import clock
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.lease import Heartbeat
from finobs.core.jobs.wake import wake
from finobs.core.jobs.worker import work
from finobs.ledger.models import Event
from tests import factories

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]


def worker(run_id: int, at: str) -> int:
    """A process that works the run and stands still once it has said `at`, as if that step took long."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        said = Heartbeat.__call__

        def told(self, step, done=0, total=0):
            said(self, step, done, total)
            if step == at:
                while True:
                    time.sleep(1)

        Heartbeat.__call__ = told  # type: ignore[method-assign]
        work(TrainingRun, run_id)
    finally:
        os._exit(1)


def wait_for(run: TrainingRun, step: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        run.refresh_from_db()
        if run.step == step:
            return
        time.sleep(0.05)
    raise AssertionError(f"the worker never came to {step!r}, only to {run.step!r}")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("step", ["Fitting", "Publishing"])
def test_a_killed_workers_run_is_finished_by_another(step, superuser, monkeypatch):
    scenarios.transactions(factories.source("cards"), scenarios.usual_amounts(600))
    sent = []
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *given: sent.append(given))
    run = training_request(actor=superuser, role=ModelRole.ANOMALY)
    pid = worker(run.pk, step)
    try:
        wait_for(run, step)
        assert (run.state, run.attempts) == (JobState.RUNNING, 1)
        assert work(TrainingRun, run.pk) is None
    finally:
        kill(pid)
    sent.clear()
    assert wake(TrainingRun) == []
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert wake(TrainingRun) == [run.pk]
        assert sent == [("detection.tasks.train_model", run.pk)]
        done = work(TrainingRun, run.pk)
    assert done is not None
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert ModelVersion.objects.get() == done.model_version
    assert Event.objects.filter(action="model.train").count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer")
def test_two_workers_at_once_make_one_version(superuser, monkeypatch):
    scenarios.transactions(factories.source("cards"), scenarios.usual_amounts(600))
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    run = training_request(actor=superuser, role=ModelRole.ANOMALY)
    children = [worker(run.pk, "never") for _ in range(3)]
    for pid in children:
        os.waitpid(pid, 0)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.DONE, 1)
    assert ModelVersion.objects.count() == 1
