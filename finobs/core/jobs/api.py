"""The API of jobs of any kind. A kind adds its selector, its serializer and its subject."""

from __future__ import annotations

from typing import TypeVar

from ..api import ServiceAction
from ..serializers import OptionalReasonSerializer
from .models import LeasedJob
from .services import job_cancel, job_retry

J = TypeVar("J", bound=LeasedJob)


class JobCancel(ServiceAction[J]):
    """End a job that waits or runs; its worker stops at its next step. `subject` names the job under "job"."""

    service = job_cancel
    body_class = OptionalReasonSerializer


class JobRetry(ServiceAction[J]):
    """Queue a job that failed or was cancelled anew, with all its attempts."""

    service = job_retry
    body_class = OptionalReasonSerializer
