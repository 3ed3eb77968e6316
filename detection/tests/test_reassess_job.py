"""A reassessment run is a job like any other, and may be cancelled and retried by those who configure the system."""

from __future__ import annotations

import json

import pytest

from detection.models import LateBatch, Reassessment, ReassessmentRun
from detection.pipeline.late import reassess
from detection.pipeline.late.reassess_due import reassess_due
from detection.tests.test_reassess import DAY, START, come, model, usual
from finobs.accounts.system import system_actor
from finobs.core.errors import Conflict
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.services import job_cancel, job_retry
from finobs.core.jobs.tests.contract import JobContract, carry_out, end_as
from finobs.core.jobs.tests.pages_contract import JobPagesContract, client_of, text
from finobs.core.jobs.worker import work
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Transaction

pytestmark = pytest.mark.django_db
__all__ = ["model", "usual"]


@pytest.fixture
def run(db):
    row = factories.transaction()
    return ReassessmentRun.objects.create(source=row.source, as_of=row.pk, requested_by=system_actor("reassess"))


class TestReassessmentRun(JobContract):
    events = "reassessment"
    tries_again = True

    @pytest.fixture
    def job(self, run):
        return run


class TestReassessmentRunPages(JobPagesContract):
    address = "/detection/reassessments/runs/"
    api = "/api/v1/reassessment-runs"

    @pytest.fixture
    def job(self, run):
        return run


def test_what_happens_to_a_run_is_recorded_with_its_source(run, admin):
    job_cancel(actor=admin, job=run, reason="Why")
    event = Event.objects.latest("id")
    assert json.loads(bytes(event.body))["data"] == {"source": run.source.slug, "reason": "Why"}


def test_a_run_is_not_retried_while_another_of_its_source_waits(run, admin):
    end_as(run, JobState.FAILED)
    ReassessmentRun.objects.create(source=run.source, as_of=run.as_of, requested_by=run.requested_by)
    with pytest.raises(Conflict, match="Another reassessment run of this source waits or runs already"):
        job_retry(actor=admin, job=run)


@pytest.fixture
def stopped(source, usual, monkeypatch):
    """A run over three transactions that ended after the first of them."""
    come(source, (START - DAY, 50_000), account="A-2", shop="M-2")
    real = reassess.reassess_part

    def first_only(**given):
        if given["run"].late_batches.filter(changed__gt=0).exists():
            raise OSError("No space left on device")
        real(**given)

    with monkeypatch.context() as broken:
        broken.setattr(reassess, "ROWS_PER_PART", 1)
        broken.setattr(reassess, "reassess_part", first_only)
        assert reassess_due() == 1
    return ReassessmentRun.objects.get()


def test_what_went_wrong_is_tried_again_after_five_minutes(stopped):
    assert (stopped.state, stopped.is_delayed) == (JobState.QUEUED, True)
    assert stopped.error == "OSError: No space left on device"
    assert reassess_due() == 0
    ReassessmentRun.objects.update(scheduled_at=stopped.scheduled_at - stopped.LEASE)
    assert reassess_due() == 2
    stopped.refresh_from_db()
    assert (stopped.state, stopped.done, stopped.total, stopped.error) == (JobState.DONE, 3, 3, "")


def test_a_cancelled_run_leaves_the_rest_until_it_is_retried(stopped, admin, monkeypatch):
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    job_cancel(actor=admin, job=stopped)
    assert reassess_due() == 0
    assert LateBatch.objects.get().state == "cancelled"
    job_retry(actor=admin, job=stopped)
    stopped = carry_out(stopped)
    assert (stopped.state, stopped.done) == (JobState.DONE, 3)
    assert Reassessment.objects.filter(run=stopped).count() == LateBatch.objects.get().changed == 3


def test_a_retried_run_sees_what_came_in_since(stopped, source, admin, monkeypatch):
    """Else it would keep an older opinion over that of a run that has looked in between."""
    monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)
    job_cancel(actor=admin, job=stopped)
    come(source, (START - DAY / 2, 70_000), account="A-2", shop="M-2")
    assert reassess_due() == 3
    newest = {row.transaction_id: row.score for row in Reassessment.objects.order_by("pk")}
    job_retry(actor=admin, job=stopped)
    work(ReassessmentRun, stopped.pk)
    stopped.refresh_from_db()
    assert stopped.as_of == Transaction.objects.latest("pk").pk
    assert {row.transaction_id: row.score for row in Reassessment.objects.order_by("pk")} == newest


def test_the_page_of_a_run_counts_what_it_found_and_links_to_exactly_that(run, auditor):
    for number in (1, 2):
        brought = factories.transaction()
        LateBatch.objects.create(
            batch=brought.batch,
            source=run.source,
            run=run,
            late=12,
            touched=1_000,
            left_out=number,
            changed=70,
            raised=3,
        )
    page = text(client_of(auditor).get(f"/detection/reassessments/runs/{run.pk}/"))
    assert "2, with 24 late rows that touched 2,000 decided transactions" in page
    assert "3, the oldest: more than one batch may cost" in page
    assert f'<a href="/detection/reassessments/?run={run.pk}">140</a>' in page
    assert f'<a href="/detection/reassessments/?run={run.pk}&amp;raised=true">6</a>' in page


def test_reassessments_are_narrowed_to_those_of_a_run(stopped, auditor):
    for pk, is_listed in ((stopped.pk, True), (stopped.pk + 1, False)):
        rows = client_of(auditor).get(f"/api/v1/reassessments?run={pk}").json()["results"]
        assert bool(rows) is is_listed
