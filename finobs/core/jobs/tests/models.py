"""A job of one piece and a job of parts, which note in their rows what was done."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from finobs.core.jobs.choices import OPEN_STATES
from finobs.core.jobs.models import LeasedJob


class Errand(LeasedJob):
    """Of one piece. One of a name may be open at a time."""

    name = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20, blank=True)

    class Meta(LeasedJob.Meta):
        constraints: ClassVar = [
            *LeasedJob.Meta.constraints,
            models.UniqueConstraint(
                fields=["name"], condition=Q(state__in=OPEN_STATES), name="job_tests_one_errand",
                violation_error_message="Somebody else runs this errand.",
            ),
        ]  # fmt: skip


class Round(LeasedJob):
    """Of three parts; each visit is noted when it was made."""

    MAX_ATTEMPTS = 4
    IS_RESUMABLE = True
    PARTS = 3

    visits = models.JSONField(default=list)
