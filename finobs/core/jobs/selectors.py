"""Reads that every kind shares, over the rows that the kind's own selector gives."""

from __future__ import annotations

from typing import Any, TypeVar

from .. import access
from . import workflow
from .models import LeasedJob

J = TypeVar("J", bound=LeasedJob)


def job_transitions(user: Any, job: LeasedJob) -> list[workflow.JobTransition]:
    """What can be done with `job` now, by `user`."""
    return [step for step in workflow.transitions(job.state) if access.allowed(user, step.action, job)]
