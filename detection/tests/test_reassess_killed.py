"""Whoever looks again is killed at any moment: nothing is lost, nothing is kept twice, every count holds."""

from __future__ import annotations

import json
import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from detection import hooks
from detection.models import Alert, Assessment, LateBatch, Reassessment, ReassessmentRun
from detection.pipeline.late import reassess
from detection.pipeline.late.reassess_due import reassess_due
from detection.tests import scenarios
from detection.tests.test_reassess import DAY, START, come
from finobs.core import clock
from finobs.core.jobs.choices import JobState
from finobs.ledger.models import Event
from tests import factories

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]
TOUCHED = 120
# After so many statements: before, in and after the claim, in the middle of a part, and some parts later. Not after so
# many milliseconds: a quick machine is done by then, and a busy one has not begun.
AFTER = (2, 9, 16, 20, 22, 23, 24, 25, 30, 38, 45, 60)


def killed_in_child(after: int) -> bool:
    """Fork a child that carries out what is due, and kills itself after so many statements. Was it killed?"""
    connections.close_all()
    pid = os.fork()
    if pid:
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    try:
        left = after

        def count(execute: Any, *args: Any) -> Any:
            nonlocal left
            left -= 1
            done = execute(*args)
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        with connection.execute_wrapper(count):
            reassess_due()
    finally:
        os._exit(0)


def expire() -> None:
    ReassessmentRun.objects.filter(state=JobState.RUNNING).update(lease_until=clock.now() - DAY, attempts=1)


def test_twelve_kills_lose_nothing_and_double_nothing(monkeypatch):
    from finobs.accounts.roles import synchronise

    synchronise()
    monkeypatch.setattr(hooks, "_alert_grouper", lambda **_: None)
    monkeypatch.setattr(reassess, "ROWS_PER_PART", 3)
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    source = factories.source("cards")
    root = factories.user("Root", is_staff=True, is_superuser=True)
    scenarios.champion(source, root, 600)
    rows = come(source, *((START + index * DAY / 10, 400_000) for index in range(TOUCHED)), account="A-2", shop="M-2")
    raised = Alert.objects.count()
    come(source, *((START - timedelta(hours=index + 1), 1_000) for index in range(30)), account="A-2", shop="M-2")
    raised_late = Alert.objects.count() - raised

    progress: list[int] = []
    for after in AFTER:
        assert killed_in_child(after)
        progress += ReassessmentRun.objects.filter(state=JobState.RUNNING).values_list("done", flat=True)
        expire()
    assert progress == sorted(progress)
    assert 0 in progress
    assert 0 < progress[-1] < TOUCHED
    reassess_due()

    run, due = ReassessmentRun.objects.get(), LateBatch.objects.get()
    assert (run.state, run.done, run.total, due.touched) == (JobState.DONE, run.total, due.touched, due.touched)
    assert due.touched >= TOUCHED
    kept = Reassessment.objects.all()
    assert kept.count() == due.changed == len(set(kept.values_list("transaction_id", flat=True)))
    made = Alert.objects.count() - raised - raised_late
    assert due.raised == kept.filter(alert__isnull=False).count() == made
    said = [json.loads(bytes(event.body))["data"] for event in Event.objects.filter(action="batch.reassess")]
    assert sum(each["changed"] for each in said) == kept.count()
    assert Event.objects.filter(action="transaction.reassess").count() == made
    assert Assessment.objects.filter(pk__in=[row.pk for row in rows]).count() == TOUCHED
