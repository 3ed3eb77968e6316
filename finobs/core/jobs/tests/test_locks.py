"""Several workers and people at one job in the same moment, each with a connection of their own."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from finobs.core.jobs.choices import JobState
from finobs.core.jobs.lease import Heartbeat, LeaseLost, claim, fail, finish, reschedule
from finobs.core.jobs.wake import wake
from tests import factories

from .contract import after, end_as, take
from .models import Errand

pytestmark = pytest.mark.django_db(transaction=True)
needs_row_locks = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer, who is waited for"
)


@pytest.fixture
def errand(transactional_db):
    return Errand.objects.create(name="post", requested_by=factories.user())


def wait_for_somebody_to_wait() -> None:
    """Until another connection waits for a lock that this one holds."""
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone():
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits for this connection")


def test_of_workers_at_once_one_claims_it(errand):
    start, claims = threading.Barrier(4), []

    def claim_it():
        try:
            start.wait()
            claims.append(claim(Errand, errand.pk))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=claim_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.attempts for each in claims if each is not None] == [1]
    assert len(claims) == 4


@needs_row_locks
@pytest.mark.parametrize(
    "write",
    [
        lambda job: fail(job, "No."),
        lambda job: reschedule(job, "No.", timedelta()),
        lambda job: finish(job, None),
        lambda job: Heartbeat(job)("On"),
    ],
    ids=["fail", "reschedule", "finish", "heartbeat"],
)
def test_whoever_writes_while_somebody_cancels_it_changes_nothing(errand, monkeypatch, write):
    """The cancelling is not committed when the writing begins, so that only the lock keeps it from being lost."""
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    job = take(errand)

    def write_it():
        try:
            write(job)
        except LeaseLost:
            pass
        finally:
            connections.close_all()

    thread = threading.Thread(target=write_it)
    with transaction.atomic():
        end_as(job, JobState.CANCELLED)
        thread.start()
        wait_for_somebody_to_wait()
    thread.join()
    job.refresh_from_db()
    assert (job.state, job.error, job.step) == (JobState.CANCELLED, "", "Starting")


@needs_row_locks
def test_who_claims_or_wakes_waits_for_nobody(errand, monkeypatch):
    """A row that somebody else has locked is passed by, for as long as their transaction takes."""
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    other: Any = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {errand._meta.db_table} WHERE id = %s FOR UPDATE", [errand.pk])
        with after(minutes=2):
            assert claim(Errand, errand.pk) is None
            assert claim(Errand) is None
            assert wake(Errand) == []
        # Before it is closed: a server notices later that nobody is there any more.
        other.rollback()
    finally:
        other.close()
    with after(minutes=2):
        assert wake(Errand) == [errand.pk]
        assert claim(Errand) == errand
