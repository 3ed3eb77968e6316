"""A training run is a job like any other."""

from __future__ import annotations

import json

import pytest

from detection.choices import ModelRole
from detection.ml.training.services import training_request
from finobs.core.errors import Conflict
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.services import job_retry
from finobs.core.jobs.tests.contract import JobContract, end_as
from finobs.core.jobs.tests.pages_contract import JobPagesContract

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(admin, source):
    return training_request(actor=admin, role=ModelRole.ANOMALY, source=source)


class TestTrainingRun(JobContract):
    events = "training"

    @pytest.fixture
    def job(self, run):
        return run


class TestTrainingRunPages(JobPagesContract):
    address = "/detection/training/"
    api = "/api/v1/training-runs"

    @pytest.fixture
    def job(self, run):
        return run


@pytest.mark.parametrize(("verb", "field"), [("cancel", "reason"), ("fail", "why"), ("retry", "reason")])
def test_what_happens_to_a_run_is_recorded_with_its_role(run, admin, verb, field):
    from finobs.core.jobs.kinds import kind_of
    from finobs.ledger.models import Event

    kind_of(run).record(run, verb, admin, {field: "Why"})
    event = Event.objects.latest("id")
    assert (event.action, event.subject_id) == (f"training.{verb}", str(run.pk))
    assert json.loads(bytes(event.body))["data"] == {field: "Why", "role": "anomaly"}


def test_a_run_is_not_retried_while_another_of_its_role_waits(run, admin):
    end_as(run, JobState.FAILED)
    training_request(actor=admin, role=run.role)
    with pytest.raises(Conflict, match="Another training run of this role waits or runs already"):
        job_retry(actor=admin, job=run)
