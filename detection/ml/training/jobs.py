"""How a training run is worked.

Claiming, the lease after which a killed worker's run is taken up again, and how often that is tried are those of every
job: `LEASE` and `MAX_ATTEMPTS` in `finobs.core.jobs.models`, `jobs_wake` in `finobs.core.jobs.wake`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finobs.accounts.system import system_actor
from finobs.core.jobs.kinds import JobKind
from finobs.core.jobs.progress import ProgressCallback
from finobs.ledger.services import record

from ...models import ModelVersion, TrainingRun
from .services.model_publish import model_publish
from .settings import TrainingRequest


class TrainingJob(JobKind[TrainingRun, ModelVersion]):
    """Of one piece. A mistake of ours is not tried again: the same rows and the same seed would make it again."""

    model = TrainingRun
    task = "detection.tasks.train_model"

    def run(self, job: TrainingRun, progress: ProgressCallback) -> ModelVersion:
        """Raises what `train_candidate` raises."""
        # The border of what is heavy: whoever only lists or claims jobs loads none of it.
        from .pipeline import train_candidate

        version = train_candidate(job.requested_by, _request(job), progress)
        progress("Publishing")
        return version

    def complete(self, job: TrainingRun, result: ModelVersion) -> None:
        """Records `model.train`. Raises as `model_publish`."""
        job.model_version = model_publish(actor=job.requested_by, version=result, run=job.pk)

    def record(self, job: TrainingRun, verb: str, actor: Any | None, data: Mapping[str, str]) -> None:
        """Records `training.cancel`, `training.retry` or `training.fail`."""
        actor = actor or system_actor("training")
        record(actor=actor, action=f"training.{verb}", subject=job, data={"role": job.role, **data})


def _request(job: TrainingRun) -> TrainingRequest:
    values = job.parameters
    return TrainingRequest(job.role, job.source, int(values["rows"]), float(values["share"]), int(values["seed"]))
