"""How a reassessment run is worked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import OperationalError

from finobs.accounts.system import system_actor
from finobs.core.errors import FinobsError
from finobs.core.jobs.kinds import JobKind
from finobs.core.jobs.progress import ProgressCallback
from finobs.ledger.services import record

from ...models import ReassessmentRun
from . import reassess
from .reassess_due import newest_transaction_id


class ReassessmentJob(JobKind[ReassessmentRun, None]):
    """Part by part. What ended it early is tried again after a while: a full disk, or a case that somebody else made in
    the same moment, passes."""

    model = ReassessmentRun
    task = "detection.tasks.reassess_run"

    def run(self, job: ReassessmentRun, progress: ProgressCallback) -> None:
        reassess.reassess(job, progress)

    def record(self, job: ReassessmentRun, verb: str, actor: Any | None, data: Mapping[str, str]) -> None:
        """Records `reassessment.cancel`, `reassessment.retry` or `reassessment.fail`."""
        actor = actor or system_actor("reassess")
        data = {"source": job.source.slug, **data}
        record(actor=actor, action=f"reassessment.{verb}", subject=job, data=data)

    def prepare_retry(self, job: ReassessmentRun) -> None:
        """Other runs may have looked at the same transactions since, and what this one keeps must not be older."""
        job.as_of = newest_transaction_id()

    def retry_delay(self, job: ReassessmentRun, error: Exception) -> timedelta | None:
        return job.LEASE

    def reason(self, job: ReassessmentRun, error: Exception) -> str:
        if isinstance(error, FinobsError | OperationalError):
            return super().reason(job, error)
        return f"{type(error).__name__}: {error}"[:2_000]
