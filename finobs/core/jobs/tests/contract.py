"""What holds for every kind of job, whatever its work is. Each kind's own tests inherit these.

What the work does is put in its place by the tests themselves, so that a kind needs no data for them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, transaction

from finobs.core import clock
from finobs.core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.core.jobs import lease, worker
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.kinds import kind_of
from finobs.core.jobs.lease import Heartbeat, LeaseLost, claim, fail, finish, lock, reschedule
from finobs.core.jobs.models import LeasedJob
from finobs.core.jobs.services import job_cancel, job_retry
from finobs.core.jobs.wake import wake
from finobs.ledger.models import Event

J = TypeVar("J", bound=LeasedJob)
REFUSALS_OF_A_SERVER_THAT_IS_THERE = (
    psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
    psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
    psycopg.errors.DeadlockDetected("deadlock detected"),
    psycopg.errors.DiskFull("No space left on device"),
    psycopg.errors.IdleInTransactionSessionTimeout("terminating connection"),
    sqlite3.OperationalError("database or disk is full"),
)


def after(**length: float) -> Any:
    return clock.at(clock.now() + timedelta(**length))


def take(job: J, **options: bool) -> J:
    """Claim it, as a worker does."""
    row = claim(type(job), job.pk, **options)
    assert row is not None
    return row


def carry_out(job: J) -> J:
    """Work it; the row as it is afterwards."""
    row = worker.work(type(job), job.pk)
    assert row is not None
    return row


def end_as(job: LeasedJob, state: JobState) -> None:
    type(job).objects.filter(pk=job.pk).update(state=state, ended_at=clock.now(), lease_until=None)  # type: ignore[attr-defined]
    job.refresh_from_db()


class JobContract:
    """A subclass gives the fixture `job`, queued; `events`, the first word of its events; and `tries_again`."""

    events: ClassVar[str]
    tries_again: ClassVar[bool] = False  # after a mistake of ours, by itself

    @pytest.fixture(autouse=True)
    def calls(self, monkeypatch: Any) -> list[tuple[Any, ...]]:
        """What was sent to workers, instead of running it."""
        calls: list[tuple[Any, ...]] = []
        monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *arguments: calls.append(arguments))
        return calls

    @pytest.fixture
    def does(self, job: LeasedJob, monkeypatch: Any) -> Callable[[Callable[..., Any]], list[Any]]:
        """Put a function in place of the kind's work; what it returns is listed when the job is completed."""

        def instead(run: Callable[..., Any]) -> list[Any]:
            results: list[Any] = []
            kind = kind_of(job)
            monkeypatch.setattr(kind, "run", run)
            monkeypatch.setattr(kind, "complete", lambda _, result: results.append(result))
            return results

        return instead

    def last_event(self, verb: str) -> dict[str, Any]:
        event = Event.objects.filter(action=f"{self.events}.{verb}").latest("id")
        body: dict[str, Any] = json.loads(bytes(event.body))
        return body

    def count(self, verb: str) -> int:
        return Event.objects.filter(action=f"{self.events}.{verb}").count()

    def test_one_worker_has_it_until_its_lease_runs_out(self, job):
        assert take(job).attempts == 1
        assert claim(type(job), job.pk) is None
        with clock.at(clock.now() + job.LEASE - timedelta(seconds=5)):
            assert claim(type(job), job.pk) is None
        with clock.at(clock.now() + job.LEASE + timedelta(seconds=5)):
            assert take(job).attempts == 2

    def test_whoever_knows_that_its_worker_is_dead_takes_it_at_once(self, job):
        for _ in range(job.MAX_ATTEMPTS + 1):
            job = take(job, abandoned=True)
        assert (job.state, job.attempts) == (JobState.RUNNING, job.MAX_ATTEMPTS + 1)

    def test_nobody_takes_it_before_its_time(self, job):
        type(job).objects.update(scheduled_at=clock.now() + timedelta(minutes=10))
        assert claim(type(job), job.pk) is None
        assert wake(type(job)) == []
        with after(minutes=10):
            take(job)

    def test_a_worked_job_is_done_once(self, job, does):
        results = does(lambda *_: "result")
        job = carry_out(job)
        assert (job.state, job.step, job.error, job.lease_until) == (JobState.DONE, "Done", "", None)
        assert job.ended_at is not None
        assert worker.work(type(job), job.pk) is None
        assert results == ["result"]

    def test_a_word_of_progress_is_written_and_renews_the_lease(self, job):
        progress = Heartbeat(take(job))
        with clock.at(clock.now() + job.LEASE - timedelta(seconds=5)):
            progress("Half way", 5, 10)
            job.refresh_from_db()
            assert (job.step, job.done, job.total) == ("Half way", 5, 10)
            assert job.lease_until == clock.now() + job.LEASE
        progress("A file with a long name: " + "n" * 200)
        job.refresh_from_db()
        assert job.step.startswith("A file with a long name: nnn")

    def test_a_step_is_written_once_a_second(self, job, django_assert_num_queries):
        progress = Heartbeat(take(job))
        now = clock.now()
        with clock.at(now), django_assert_num_queries(2):
            for done in range(100):
                progress("One", done, 100)
            progress("Two")
        with clock.at(now + timedelta(seconds=1)), django_assert_num_queries(1):
            progress("Two", 1, 2)

    def test_a_database_that_is_busy_for_a_moment_stops_no_worker(self, job, monkeypatch):
        progress = Heartbeat(take(job))

        def busy(job):
            raise OperationalError("database is locked")

        monkeypatch.setattr(lease, "under_lease", busy)
        progress("On")

    def test_a_worker_that_lost_its_lease_writes_nothing_more(self, job):
        first = take(job)
        with clock.at(clock.now() + job.LEASE + timedelta(seconds=5)):
            second = take(job)
            for write in (
                lambda: Heartbeat(first)("On"),
                lambda: lock_in_transaction(first),
                lambda: finish(first, None),
            ):
                with pytest.raises(LeaseLost):
                    write()
            fail(first, "No.")
            reschedule(first, "No.", timedelta())
        job.refresh_from_db()
        assert (job.state, job.attempts, job.error, job.step) == (JobState.RUNNING, second.attempts, "", "Starting")

    def test_a_worker_from_before_a_retry_writes_nothing_more(self, job, admin):
        first = take(job)
        job_cancel(actor=admin, job=job)
        job_retry(actor=admin, job=job)
        second = take(job)
        with pytest.raises(LeaseLost):
            Heartbeat(first)("On")
        Heartbeat(second)("On")

    def test_cancelling_stops_the_worker_at_its_next_word(self, job, admin, does):
        def is_cancelled(job, progress):
            progress("First")
            job_cancel(actor=admin, job=job, reason="Not needed.")
            progress("Second")
            raise AssertionError("it went on")

        results = does(is_cancelled)
        job = carry_out(job)
        assert (job.state, job.error, job.step) == (JobState.CANCELLED, "Not needed.", "First")
        assert results == []
        assert self.last_event("cancel")["data"]["reason"] == "Not needed."
        assert self.last_event("cancel")["actor"]["id"] == str(admin.pk)

    def test_one_that_is_cancelled_while_it_is_published_publishes_nothing(self, job, admin, does):
        results = does(lambda job, _: job_cancel(actor=admin, job=job))
        job = carry_out(job)
        assert (job.state, job.error) == (JobState.CANCELLED, f"Cancelled by {admin}.")
        assert results == []

    def test_a_refusal_is_told_in_its_own_words(self, job, does):
        def refused(job, progress):
            raise Invalid(fields={"rows": ["Too few.", "Far too few."]})

        does(refused)
        job = carry_out(job)
        assert job.error == "Too few. Far too few."
        assert job.state == (JobState.QUEUED if self.tries_again else JobState.FAILED)

    def test_a_mistake_of_ours_is_logged_and_fails_it_at_the_last_attempt(self, job, does, caplog):
        def broken(job, progress):
            raise ZeroDivisionError("half a tree")

        results = does(broken)
        attempts = job.MAX_ATTEMPTS if self.tries_again else 1
        for attempt in range(attempts):
            assert job.state == JobState.QUEUED
            with after(hours=attempt):
                job = worker.work(type(job), job.pk)
            assert job.error
        assert (job.state, job.attempts, results) == (JobState.FAILED, attempts, [])
        assert "half a tree" in caplog.text
        assert (self.last_event("fail")["data"]["why"], self.last_event("fail")["actor"]["type"]) == (
            job.error,
            "system",
        )
        assert self.count("fail") == 1

    def test_a_database_that_goes_away_leaves_it_to_the_next_worker(self, job, does):
        def gone(job, progress):
            cause = psycopg.OperationalError("server closed the connection")
            raise OperationalError("server closed the connection") from cause

        does(gone)
        with pytest.raises(OperationalError):
            worker.work(type(job), job.pk)
        job.refresh_from_db()
        assert job.state == JobState.RUNNING
        results = does(lambda *_: "result")
        with clock.at(clock.now() + job.LEASE + timedelta(seconds=5)):
            job = carry_out(job)
        assert (job.state, results) == (JobState.DONE, ["result"])

    @pytest.mark.parametrize("cause", REFUSALS_OF_A_SERVER_THAT_IS_THERE, ids=lambda cause: type(cause).__name__)
    def test_a_database_that_is_there_and_refuses_ends_it_in_words(self, job, does, caplog, cause):
        """A statement beyond its time would be beyond it for the next worker, too."""

        def refused(job, progress):
            raise OperationalError(str(cause)) from cause

        does(refused)
        job = worker.work(type(job), job.pk)
        assert job.state == (JobState.QUEUED if self.tries_again else JobState.FAILED)
        assert job.attempts == 1
        assert "The database refused" in job.error
        assert (getattr(cause, "sqlstate", "") or "disk is full") in job.error
        assert "failed" in caplog.text

    def test_the_schedule_calls_a_worker_for_what_nobody_works_on(self, job, calls):
        calls.clear()
        assert wake(type(job)) == []
        with after(minutes=2):
            assert wake(type(job)) == [job.pk]
            take(job)
            assert wake(type(job)) == []
            with clock.at(clock.now() + job.LEASE + timedelta(seconds=5)):
                assert wake(type(job)) == [job.pk]
        assert calls == [(kind_of(job).task, job.pk)] * 2

    def test_as_many_lost_workers_as_it_may_cost_fail_it(self, job, calls):
        for attempt in range(job.MAX_ATTEMPTS):
            with after(hours=attempt):
                Heartbeat(take(job))("Fitting", 20, 200)
        calls.clear()
        with after(hours=job.MAX_ATTEMPTS):
            assert claim(type(job), job.pk) is None
            assert wake(type(job)) == []
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        assert job.error == (
            f"{job.MAX_ATTEMPTS} workers took it, and none was heard of again. The last was at: Fitting."
        )
        assert self.last_event("fail")["data"]["why"] == job.error
        assert calls == []

    @pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
    def test_a_retried_job_waits_for_a_worker_with_all_its_attempts(self, job, admin, calls, state):
        for attempt in range(job.MAX_ATTEMPTS):
            with after(hours=attempt):
                take(job)
        end_as(job, state)
        calls.clear()
        again = job_retry(actor=admin, job=job, reason="The disk has room now.")
        assert (again.state, again.ended_at, again.step) == (JobState.QUEUED, None, "")
        assert (again.requested_by, again.attempts_left) == (job.requested_by, job.MAX_ATTEMPTS)
        assert calls == [(kind_of(job).task, job.pk)]
        assert self.last_event("retry")["data"]["reason"] == "The disk has room now."
        assert self.last_event("retry")["actor"]["id"] == str(admin.pk)
        with after(minutes=1):
            assert take(job).attempts == job.MAX_ATTEMPTS + 1

    def test_a_retried_job_fails_again_after_as_many_lost_workers(self, job, admin):
        end_as(job, JobState.FAILED)
        job_retry(actor=admin, job=job)
        for attempt in range(job.MAX_ATTEMPTS):
            with after(hours=attempt):
                take(job)
        with after(hours=job.MAX_ATTEMPTS):
            wake(type(job))
        job.refresh_from_db()
        assert job.state == JobState.FAILED

    def test_only_what_failed_or_was_cancelled_is_retried_and_only_what_is_open_cancelled(self, job, admin):
        with pytest.raises(InvalidTransition, match="neither failed nor was cancelled: queued"):
            job_retry(actor=admin, job=job)
        job = take(job)
        with pytest.raises(InvalidTransition, match="neither failed nor was cancelled: running"):
            job_retry(actor=admin, job=job)
        for state in (JobState.FAILED, JobState.CANCELLED, JobState.DONE):
            end_as(job, state)
            with pytest.raises(InvalidTransition, match=f"has ended: {state}"):
                job_cancel(actor=admin, job=job)
        with pytest.raises(InvalidTransition, match="neither failed nor was cancelled: done"):
            job_retry(actor=admin, job=job)
        assert self.count("cancel") == self.count("retry") == 0

    @pytest.mark.parametrize("act", [job_cancel, job_retry])
    def test_who_only_reads_neither_cancels_nor_retries(self, job, act, analyst, lead, auditor, stranger):
        for person, error in ((analyst, NotAllowed), (lead, NotAllowed), (auditor, NotAllowed), (stranger, NotFound)):
            with pytest.raises(error):
                act(actor=person, job=job)
        job.refresh_from_db()
        assert job.state == JobState.QUEUED
        assert self.count("cancel") == self.count("retry") == 0

    @pytest.mark.parametrize("act", [job_cancel, job_retry])
    def test_a_job_that_is_not_there_is_not_found(self, job, act, admin):
        type(job).objects.all().delete()
        with pytest.raises(NotFound):
            act(actor=admin, job=job)

    @pytest.mark.parametrize(
        ("state", "has_lease", "has_ended"),
        [
            ("queued", True, False),
            ("queued", False, True),
            ("running", False, False),
            ("running", True, True),
            ("done", False, False),
            ("failed", True, True),
            ("lost", False, False),
            ("lost", False, True),
        ],
    )
    def test_a_row_that_contradicts_itself_is_refused_by_the_database(self, job, state, has_lease, has_ended):
        now = clock.now()
        values = {"state": state, "lease_until": now if has_lease else None, "ended_at": now if has_ended else None}
        with pytest.raises(IntegrityError), transaction.atomic():
            type(job).objects.filter(pk=job.pk).update(**values)


def lock_in_transaction(job: LeasedJob) -> None:
    with transaction.atomic():
        lock(job)
