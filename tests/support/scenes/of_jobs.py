"""Work in the background, in the name of whoever asked for it."""

from __future__ import annotations

from typing import Any

from detection.models import ReassessmentRun, TrainingRun
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.jobs.lease import claim, finish
from finobs.core.jobs.services import job_cancel, job_retry
from tests import factories

from .scene import (
    Scene,
    admin,
    by_admin,
    scene,
    superuser,
    unsaved_version,
)


def training_run(requested_by: User, **fields: Any) -> TrainingRun:
    return TrainingRun.objects.create(
        role="anomaly", parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=requested_by, **fields
    )


@scene
def of_finish() -> Scene:
    """What a worker brings in the name of whoever asked for it."""
    person, version = admin(), unsaved_version()
    run = claim(TrainingRun, training_run(person).pk)
    assert run is not None
    return Scene(person, lambda _: finish(run, version), takes_tokens=False, is_actor=False)


@scene
def of_job_cancel() -> Scene:
    run = training_run(superuser())
    return by_admin(lambda actor: job_cancel(actor=actor, job=run))


@scene
def of_job_retry() -> Scene:
    asked_by, row = superuser(), factories.transaction()
    run = ReassessmentRun.objects.create(
        source=row.source, as_of=row.pk, requested_by=asked_by, state="failed", ended_at=clock.now()
    )
    return by_admin(lambda actor: job_retry(actor=actor, job=run))
