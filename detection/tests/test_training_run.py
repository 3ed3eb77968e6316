"""A training run: asked for once, claimed under a lease, ended once; lost workers cost nothing but time."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, transaction

from detection.choices import ModelRole
from detection.ml.training import pipeline as training_pipeline
from detection.ml.training.services import training_due, training_request
from detection.models import ModelVersion, TrainingRun
from detection.tests import scenarios
from finobs.core import clock
from finobs.core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.core.jobs import lease, worker
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.lease import Heartbeat, LeaseLost, claim, finish
from finobs.core.jobs.services import job_cancel
from finobs.core.jobs.wake import jobs_wake, wake
from finobs.core.jobs.worker import work
from finobs.ledger.models import Event
from transactions.models import Label

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """What was sent to workers, instead of running it."""
    found = []
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda task, *ids: found.append((task, ids)))
    return found


@pytest.fixture
def run(admin, source, sent):
    scenarios.transactions(source, scenarios.usual_amounts(600))
    return training_request(actor=admin, role=ModelRole.ANOMALY, source=source)


def claimed(run):
    job = claim(TrainingRun, run.pk)
    assert job is not None
    return job


def worked(run, **options):
    job = work(TrainingRun, run.pk, **options)
    assert job is not None
    return job


def due():
    run = training_due()
    assert run is not None
    return run


def last_event():
    return json.loads(bytes(Event.objects.latest("id").body))


def later(*, minutes):
    return clock.at(clock.now() + timedelta(minutes=minutes))


def test_asking_records_and_wakes_a_worker(run, admin, sent):
    assert (run.state, run.attempts, run.requested_by) == (JobState.QUEUED, 0, admin)
    assert sent == [("detection.tasks.train_model", (run.pk,))]
    assert last_event()["action"] == "training.request"
    assert last_event()["data"]["source"] == "cards"


def test_asking_again_while_one_is_under_way_is_answered_with_that_one(run, superuser, sent):
    assert training_request(actor=superuser, role=ModelRole.ANOMALY) == run
    claimed(run)
    assert training_request(actor=superuser, role=ModelRole.ANOMALY) == run
    assert training_request(actor=superuser, role=ModelRole.SUPERVISED) != run
    assert len(sent) == 2


def test_who_may_not_train_does_not_ask_or_cancel(run, analyst, lead, auditor, stranger):
    for person in (analyst, lead, auditor, stranger):
        with pytest.raises(NotAllowed):
            training_request(actor=person, role=ModelRole.ANOMALY)
        with pytest.raises((NotAllowed, NotFound)):
            job_cancel(actor=person, job=run)
    run.refresh_from_db()
    assert run.state == JobState.QUEUED


@pytest.mark.parametrize("fields", [{"role": "oracle"}, {"share": 0.9}, {"rows": -1}, {"rows": 10**9}])
def test_what_makes_no_sense_is_not_queued(admin, fields):
    with pytest.raises(Invalid):
        training_request(actor=admin, **{"role": "anomaly", **fields})
    assert not TrainingRun.objects.exists()


def test_a_worked_run_ends_with_its_version(run, admin, source):
    done = worked(run)
    assert (done.state, done.step, done.error, done.lease_until) == (JobState.DONE, "Done", "", None)
    version = ModelVersion.objects.get()
    assert done.model_version == version
    assert (version.created_by, version.parameters["source"], version.training_rows) == (admin, source.slug, 600)
    assert last_event()["data"]["training_run"] == str(run.pk)


def test_working_it_twice_makes_one_version(run):
    worked(run)
    assert work(TrainingRun, run.pk) is None
    assert ModelVersion.objects.count() == 1


def test_only_one_worker_has_it(run):
    assert claimed(run).attempts == 1
    assert claim(TrainingRun, run.pk) is None
    with later(minutes=4):
        assert claim(TrainingRun, run.pk) is None
    with later(minutes=6):
        assert claimed(run).attempts == 2


def test_a_dead_workers_run_can_be_taken_at_once_by_who_knows_that_it_is_dead(run):
    claimed(run)
    assert worked(run, abandoned=True).state == JobState.DONE


def test_word_of_progress_renews_the_lease(run):
    tell = Heartbeat(claimed(run))
    with later(minutes=4):
        tell("Reading transactions", 200, 600)
    run.refresh_from_db()
    assert (run.step, run.done, run.total) == ("Reading transactions", 200, 600)
    with later(minutes=6):
        assert claim(TrainingRun, run.pk) is None


def test_word_of_the_same_step_is_written_once_a_second(run, django_assert_num_queries):
    tell = Heartbeat(claimed(run))
    with clock.at(clock.now()), django_assert_num_queries(2):
        for done in range(0, 600, 10):
            tell("Fitting", done, 600)
        tell("Judging")


def test_a_database_that_is_busy_for_a_moment_stops_nothing(run, monkeypatch):
    tell = Heartbeat(claimed(run))

    def busy(run):
        raise OperationalError("database is locked")

    monkeypatch.setattr(lease, "under_lease", busy)
    tell("Fitting")


def test_who_lost_the_lease_stops_and_publishes_nothing(run, admin):
    first = claimed(run)
    with later(minutes=6):
        claimed(run)
        with pytest.raises(LeaseLost):
            Heartbeat(first)("Fitting")
        with pytest.raises(LeaseLost):
            finish(first, ModelVersion())
    assert not ModelVersion.objects.exists()


def test_cancelling_stops_the_worker_at_its_next_word(run, admin, monkeypatch):
    def cancelled_meanwhile(*arguments, **options):
        job = claim(*arguments, **options)
        job_cancel(actor=admin, job=run, reason="Wrong source.")
        return job

    monkeypatch.setattr(worker, "claim", cancelled_meanwhile)
    ended = worked(run)
    assert (ended.state, ended.error) == (JobState.CANCELLED, "Wrong source.")
    assert last_event()["action"] == "training.cancel"
    assert not ModelVersion.objects.exists()
    with pytest.raises(InvalidTransition, match="has ended: cancelled"):
        job_cancel(actor=admin, job=run)


def test_a_refusal_fails_the_run_in_plain_words(admin, source, sent):
    scenarios.transactions(source, scenarios.usual_amounts(700))
    failed = worked(training_request(actor=admin, role=ModelRole.SUPERVISED))
    assert failed.state == JobState.FAILED
    assert "50 is the least" in failed.error
    assert last_event()["action"] == "training.fail"
    assert last_event()["actor"]["type"] == "system"


def test_who_lost_the_permission_since_asking_trains_nothing(run, admin):
    admin.groups.clear()
    failed = worked(run)
    assert failed.state == JobState.FAILED
    assert not ModelVersion.objects.exists()


def test_a_mistake_of_ours_fails_it_and_is_logged(run, monkeypatch, caplog):
    def broken(*given):
        raise ZeroDivisionError("half a tree")

    monkeypatch.setattr(training_pipeline, "train_candidate", broken)
    failed = worked(run)
    assert failed.state == JobState.FAILED
    assert "half a tree" not in failed.error
    assert "half a tree" in caplog.text


def test_a_database_that_goes_away_leaves_it_to_the_next_worker(run, monkeypatch):
    def gone(*given):
        raise OperationalError("gone") from psycopg.OperationalError("server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(training_pipeline, "train_candidate", gone)
        with pytest.raises(OperationalError):
            worked(run)
    run.refresh_from_db()
    assert run.state == JobState.RUNNING
    with later(minutes=6):
        assert worked(run).state == JobState.DONE


def test_the_schedule_wakes_what_nobody_works_on(run, sent):
    sent.clear()
    assert wake(TrainingRun) == []
    with later(minutes=2):
        assert wake(TrainingRun) == [run.pk]
        claimed(run)
        assert wake(TrainingRun) == []
    with later(minutes=8):
        assert wake(TrainingRun) == [run.pk]
    assert sent == [("detection.tasks.train_model", (run.pk,))] * 2


def test_three_lost_workers_are_enough(run, sent):
    for attempt in range(TrainingRun.MAX_ATTEMPTS):
        with later(minutes=6 * attempt):
            Heartbeat(claimed(run))("Fitting", 20, 200)
    sent.clear()
    with later(minutes=6 * TrainingRun.MAX_ATTEMPTS):
        assert wake(TrainingRun) == []
    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert run.error == "3 workers took it, and none was heard of again. The last was at: Fitting."
    assert sent == []


def test_the_lease_outlasts_the_schedule():
    from finobs.core.schedule import registered

    every = {row.task: row.every for row in registered()}
    assert every["finobs.core.tasks.jobs_wake"] < TrainingRun.LEASE.total_seconds()
    assert every["detection.tasks.training_due"] == 86_400


def test_the_tasks_call_the_services(run, admin):
    from detection import tasks
    from finobs.core import tasks as core_tasks

    tasks.train_model(run.pk)
    run.refresh_from_db()
    assert run.state == JobState.DONE
    assert core_tasks.jobs_wake() == {}
    assert tasks.training_due() is None


@pytest.fixture
def past(source, sent):
    with clock.at(scenarios.NOW):
        yield scenarios.fifty_days(source)


def test_a_first_supervised_model_is_asked_for_when_enough_is_known(past, sent):
    run = due()
    assert run.role == ModelRole.SUPERVISED
    assert run.requested_by.kind == "system"
    assert worked(run).state == JobState.DONE
    assert ModelVersion.objects.get().stage == "candidate"


def test_with_few_outcomes_nothing_is_asked_for(source, sent):
    scenarios.transactions(source, scenarios.usual_amounts(100))
    assert training_due() is None
    assert not TrainingRun.objects.exists()


def test_the_next_one_is_asked_for_at_a_quarter_more_outcomes(past, source, admin):
    first = worked(due()).model_version
    assert first is not None
    assert training_due() is None
    known = first.metrics["confirmed"]
    said = set(Label.objects.values_list("transaction_id", flat=True))
    within = [row for row in past if first.trained_from <= row.occurred_at <= first.trained_to]
    fresh = [row for row in within if row.pk not in said]
    just_now = scenarios.NOW + timedelta(hours=1)
    with clock.at(scenarios.NOW + timedelta(hours=2)):
        scenarios.confirm(fresh[: known // 4 - 1], known_at=just_now)
        assert training_due() is None
        scenarios.confirm(fresh[known // 4 - 1 : known // 4 + 1], known_at=just_now)
        assert training_due() is not None


def test_nothing_in_the_database_means_nothing_to_do(db):
    assert training_due() is None
    assert jobs_wake() == {}


def test_one_of_a_role_at_a_time_is_a_constraint(run, admin):
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.create(role=run.role, requested_by=admin)
