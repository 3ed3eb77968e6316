"""The machine of jobs, by two small kinds: one of one piece, one of parts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from finobs.core import clock
from finobs.core.errors import Conflict, FinobsError, Invalid, NotAllowed
from finobs.core.jobs import kinds as registry
from finobs.core.jobs import wake as wake_module
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.lease import Heartbeat, claim
from finobs.core.jobs.services import job_cancel, job_retry
from finobs.core.jobs.wake import call_worker, jobs_wake
from finobs.core.jobs.worker import work

from . import kinds
from .contract import JobContract, after, carry_out, end_as, take
from .models import Errand, Round

pytestmark = pytest.mark.django_db


@pytest.fixture
def errand(admin):
    return Errand.objects.create(name="post", requested_by=admin)


@pytest.fixture
def round_trip(admin):
    return Round.objects.create(requested_by=admin)


class TestErrand(JobContract):
    events = "errand"

    @pytest.fixture
    def job(self, errand):
        return errand


class TestRound(JobContract):
    events = "round"
    tries_again = True

    @pytest.fixture
    def job(self, round_trip):
        return round_trip


def test_a_task_works_the_job_that_it_was_given(errand, round_trip, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        call_worker(errand)
        call_worker(round_trip)
    errand.refresh_from_db()
    round_trip.refresh_from_db()
    assert (errand.state, errand.outcome) == (JobState.DONE, "said")
    assert (round_trip.state, round_trip.visits, round_trip.done, round_trip.total) == (JobState.DONE, [0, 1, 2], 3, 3)


def test_of_many_jobs_the_one_that_has_waited_longest_is_claimed_first(admin):
    now = clock.now()
    second, first, later, past = (
        Errand.objects.create(name=name, requested_by=admin, scheduled_at=now - timedelta(minutes=minutes))
        for name, minutes in (("b", 1), ("a", 2), ("c", -4), ("d", 9))
    )
    end_as(past, JobState.DONE)
    assert claim(Errand) == first
    assert claim(Errand) == second
    assert claim(Errand) is None
    with after(minutes=4):
        assert claim(Errand) == later


def test_the_next_claim_passes_by_a_job_that_cost_all_its_attempts(admin, errand):
    for attempt in range(Errand.MAX_ATTEMPTS):
        with after(hours=attempt):
            take(errand)
    other = Errand.objects.create(name="other", requested_by=admin)
    with after(hours=Errand.MAX_ATTEMPTS):
        assert claim(Errand) == other


def test_a_job_of_one_piece_begins_again_and_one_of_parts_goes_on(errand, round_trip):
    for job in (errand, round_trip):
        Heartbeat(take(job))("Walking", 1, 3)
    with after(minutes=6):
        assert (take(errand).done, take(round_trip).done) == (0, 1)


def test_a_retried_job_of_one_piece_has_done_nothing_and_one_of_parts_what_it_had(errand, round_trip, admin):
    for job in (errand, round_trip):
        Heartbeat(take(job))("Walking", 1, 3)
        end_as(job, JobState.FAILED)
        job_retry(actor=admin, job=job)
        job.refresh_from_db()
    assert (errand.done, errand.total, round_trip.done, round_trip.total) == (0, 0, 1, 3)


def test_a_kind_says_what_a_retried_job_does_not_take_over(errand, admin):
    end_as(errand, JobState.CANCELLED)
    Errand.objects.update(outcome="half")
    job_retry(actor=admin, job=errand)
    errand.refresh_from_db()
    assert errand.outcome == ""


def test_what_went_wrong_is_tried_again_after_a_while_from_where_it_stopped(round_trip, monkeypatch):
    real = kinds.visit

    def breaks(*, job, number):
        if number == 1:
            raise OSError("No space left on device")
        real(job=job, number=number)

    monkeypatch.setattr(kinds, "visit", breaks)
    waiting = carry_out(round_trip)
    assert (waiting.state, waiting.visits, waiting.is_delayed) == (JobState.QUEUED, [0], True)
    assert waiting.error == f"finobs made a mistake. The log of the worker says what went wrong in {round_trip}."
    assert work(Round, round_trip.pk) is None
    monkeypatch.setattr(kinds, "visit", real)
    with after(seconds=61):
        round_trip = carry_out(round_trip)
    assert (round_trip.state, round_trip.visits, round_trip.error, round_trip.attempts) == (
        JobState.DONE,
        [0, 1, 2],
        "",
        2,
    )


def test_a_cancelled_job_of_parts_keeps_what_it_did_and_does_no_more(round_trip, admin, monkeypatch):
    real = kinds.visit

    def then_cancel(*, job, number):
        real(job=job, number=number)
        if number == 1:
            job_cancel(actor=admin, job=job)

    monkeypatch.setattr(kinds, "visit", then_cancel)
    round_trip = carry_out(round_trip)
    assert (round_trip.state, round_trip.visits) == (JobState.CANCELLED, [0, 1])


def test_a_job_whose_place_is_taken_is_not_retried(errand, admin):
    end_as(errand, JobState.FAILED)
    Errand.objects.create(name=errand.name, requested_by=admin)
    with pytest.raises(Conflict, match="Somebody else runs this errand"):
        job_retry(actor=admin, job=errand)
    errand.refresh_from_db()
    assert errand.state == JobState.FAILED


def test_what_a_kind_refuses_at_the_very_end_is_no_result(errand, monkeypatch):
    def refuses(self, job, result):
        job.outcome = result
        raise NotAllowed("No longer yours.")

    monkeypatch.setattr(kinds.ErrandKind, "complete", refuses)
    errand = carry_out(errand)
    assert (errand.state, errand.error, errand.outcome) == (JobState.FAILED, "No longer yours.", "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Invalid("There is nothing to fetch."), "There is nothing to fetch."),
        (Invalid(fields={"": ["No."], "name": ["Too long."]}), "No. Too long."),
        (NotAllowed("Not yours."), "Not yours."),
        (ValueError("'inside'"), "finobs made a mistake. The log of the worker says what went wrong in Errand 7."),
    ],
)
def test_a_reason_is_in_the_words_of_the_refusal(error, words):
    assert kinds.ErrandKind().reason(Errand(pk=7), error) == words


def test_the_schedule_wakes_every_kind_even_beside_one_that_cannot_be_woken(errand, round_trip, monkeypatch, caplog):
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    real = wake_module.wake

    def breaks_for_errands(model):
        if model is Errand:
            raise FinobsError("No.")
        return real(model)

    with after(minutes=2):
        assert jobs_wake() == {"job_tests.errand": [errand.pk], "job_tests.round": [round_trip.pk]}
        monkeypatch.setattr(wake_module, "wake", breaks_for_errands)
        assert jobs_wake() == {"job_tests.round": [round_trip.pk]}
    assert "Jobs of job_tests.Errand could not be woken" in caplog.text


def test_a_model_without_a_kind_is_a_mistake_in_the_configuration(errand, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    with pytest.raises(ImproperlyConfigured, match=r"job_tests\.Errand"):
        call_worker(errand)


def test_every_registered_kind_names_a_task_that_exists_and_a_policy():
    from celery import current_app

    from finobs.core import access

    current_app.loader.import_default_modules()
    for kind in registry.registered():
        assert kind.task in current_app.tasks
        for action in ("view", "cancel", "retry"):
            access.rule_for(kind.model, action)
        assert timedelta(minutes=2) < kind.model.LEASE, "the schedule looks each minute"
