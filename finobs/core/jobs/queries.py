"""Which jobs workers may take, and which nobody works on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q

from .choices import OPEN_STATES, JobState
from .models import LeasedJob

# By then the worker that was called when the job was queued would have come.
MAX_QUEUED_TIME: Final = timedelta(minutes=1)


def claimable(model: type[LeasedJob], at: datetime) -> Q:
    """Jobs that a worker may take."""
    has_attempts = Q(attempts__lt=F("attempts_before_retry") + model.MAX_ATTEMPTS)
    return has_attempts & (Q(state=JobState.QUEUED, scheduled_at__lte=at) | _lease_expired(at))


def unfinished() -> Q:
    """Jobs that may be taken by whoever knows that no worker is left."""
    return Q(state__in=OPEN_STATES)


def unattended(at: datetime) -> Q:
    """Jobs that nobody works on though they are due: the worker was lost, or never came."""
    return Q(state=JobState.QUEUED, scheduled_at__lte=at - MAX_QUEUED_TIME) | _lease_expired(at)


def _lease_expired(at: datetime) -> Q:
    """Jobs whose worker gave no word for as long as its lease."""
    return Q(state=JobState.RUNNING, lease_until__lte=at)
