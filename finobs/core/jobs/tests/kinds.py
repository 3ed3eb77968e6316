from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from finobs.accounts.system import system_actor
from finobs.core.jobs.kinds import JobKind
from finobs.core.jobs.lease import lock, renew
from finobs.core.jobs.progress import ProgressCallback
from finobs.core.service import service
from finobs.ledger.services import record

from .models import Errand, Round


class ErrandKind(JobKind[Errand, str]):
    model = Errand
    task = "job_tests.errand"

    def run(self, job: Errand, progress: ProgressCallback) -> str:
        progress("Walking", 1, 2)
        progress("Talking", 2, 2)
        return "said"

    def complete(self, job: Errand, result: str) -> None:
        job.outcome = result

    def prepare_retry(self, job: Errand) -> None:
        job.outcome = ""

    def record(self, job: Errand, verb: str, actor: Any | None, data: Mapping[str, str]) -> None:
        record(actor=actor or system_actor("errands"), action=f"errand.{verb}", subject=job, data=dict(data))


class RoundKind(JobKind[Round, None]):
    """Tries what went wrong again after a minute."""

    model = Round
    task = "job_tests.round"

    def run(self, job: Round, progress: ProgressCallback) -> None:
        progress("Visiting", job.done, job.PARTS)
        for number in range(job.done, job.PARTS):
            visit(job=job, number=number)
            progress(f"Visit {number}", number + 1, job.PARTS)

    def record(self, job: Round, verb: str, actor: Any | None, data: Mapping[str, str]) -> None:
        record(actor=actor or system_actor("rounds"), action=f"round.{verb}", subject=job, data=dict(data))

    def retry_delay(self, job: Round, error: Exception) -> timedelta | None:
        return timedelta(minutes=1)


@service
def visit(*, job: Round, number: int) -> None:
    """One part, in a transaction of its own."""
    row = lock(job)
    row.visits.append(number)
    row.done = number + 1
    renew(row)
    row.save()
