"""Reads that every kind shares, over the rows that the kind's own selector gives."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet

from .. import access
from ..errors import NotFound
from . import workflow
from .models import LeasedJob

J = TypeVar("J", bound=LeasedJob)


def job_get(rows: QuerySet[J], pk: int) -> J:
    """Raises NotFound."""
    job = rows.filter(pk=pk).first()
    if job is None:
        raise NotFound
    return job


def job_transitions(user: Any, job: LeasedJob) -> list[workflow.JobTransition]:
    """What can be done with `job` now, by `user`."""
    return [step for step in workflow.transitions(job.state) if access.allowed(user, step.action, job)]
