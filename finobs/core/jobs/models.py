"""The row of a job. What is done with it is in `lease`, `worker` and `services`."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Q

from .. import clock
from ..classification import classify
from ..identity import IdentityAt
from ..models import Base
from .choices import ENDED_STATES, OPEN_STATES, JobState

MAX_STEP_LENGTH: Final = 80


class LeasedJob(Base):
    """Work that waits for a worker, is worked under a lease, and ends once.

    MAX_ATTEMPTS: workers that may take it before it has failed. LEASE: for how long nobody misses a worker that gives
    no word of progress; longer than any one step takes. IS_RESUMABLE: the next worker goes on where the last one
    stopped, so that `done` of `total` stays.

    A kind that may have one open job at a time says so by a unique constraint of its own over OPEN_STATES.
    """

    CLASSIFIED = classify(internal="step error")

    MAX_ATTEMPTS: ClassVar[int] = 3
    LEASE: ClassVar[timedelta] = timedelta(minutes=5)
    IS_RESUMABLE: ClassVar[bool] = False

    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    step = models.CharField(max_length=MAX_STEP_LENGTH, blank=True, help_text="What it is doing, in words.")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers have taken it so far.")
    attempts_before_retry = models.PositiveSmallIntegerField(
        default=0, help_text="Of these, those before somebody last had it retried: they count no more."
    )
    scheduled_at = models.DateTimeField(default=clock.now, help_text="No worker takes it before.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Until then a worker has it.")
    error = models.TextField(blank=True, help_text="Why it ended early, or why it is tried again.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the latest worker took it.")
    ended_at = models.DateTimeField(null=True, blank=True)
    requested_by_then = IdentityAt("requested_by", "created_at")

    class Meta(Base.Meta):
        abstract = True
        ordering: ClassVar = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=JobState.RUNNING, lease_until__isnull=False)
                | (~Q(state=JobState.RUNNING) & Q(lease_until__isnull=True)),
                name="%(app_label)s_%(class)s_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, ended_at__isnull=True)
                | Q(state__in=ENDED_STATES, ended_at__isnull=False),
                name="%(app_label)s_%(class)s_end",
            ),
        ]
        # Claiming and waking read open jobs only, and those are few among all that ever were.
        indexes: ClassVar = [
            models.Index(
                fields=["scheduled_at"], condition=Q(state__in=OPEN_STATES), name="%(app_label)s_%(class)s_open"
            )
        ]

    def __str__(self) -> str:
        return f"{str(self._meta.verbose_name).capitalize()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_delayed(self) -> bool:
        """Does it wait for its time, not for a worker?"""
        return self.state == JobState.QUEUED and self.scheduled_at > clock.now()

    @property
    def kind_name(self) -> str:
        """What people call a job of this kind, such as "training run"."""
        return str(self._meta.verbose_name)

    @property
    def attempts_left(self) -> int:
        return max(0, self.attempts_before_retry + self.MAX_ATTEMPTS - self.attempts)
