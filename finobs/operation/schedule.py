"""What happens by the clock, in one table. The database of beat follows it at every migrate.

The code owns what runs and how often; switching a task off is the operator's and stays. A call that nobody took in
time expires: the next one takes all that waits, so a sealer that was away finds no pile of wake-up calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings

PREFIX: Final = "finobs: "
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Periodic:
    name: str
    task: str
    every: int  # seconds

    @property
    def expires(self) -> int:
        return max(10, self.every)


SEAL: Final = Periodic("seal the ledger", "finobs.ledger.tasks.seal", 1)
SCHEDULE: Final = (
    Periodic("end requests for approval whose time is up", "approvals.tasks.expire_due", MINUTE),
    Periodic("look again at what late transactions touched", "detection.tasks.reassess", MINUTE // 2),
    Periodic("drop old answers and sessions", "finobs.core.tasks.tidy", DAY),
    Periodic("take up training that nobody works on", "detection.tasks.training_wake", MINUTE),
    Periodic("train on outcomes when enough are known", "detection.tasks.training_due", DAY),
    Periodic("let priorities age", "cases.tasks.priorities_refresh", DAY),
)


def rows() -> tuple[Periodic, ...]:
    """What this mode schedules: where a sealer has a process of its own, beat does not wake one."""
    return (SEAL, *SCHEDULE) if settings.LEDGER_SEALED_BY_SCHEDULE else SCHEDULE


def synchronise() -> None:
    """Make beat's table equal to rows(). Idempotent; other people's rows stay, and so does `enabled`."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    for row in rows():
        interval, _ = IntervalSchedule.objects.get_or_create(every=row.every, period=IntervalSchedule.SECONDS)
        wanted = {"task": row.task, "interval": interval, "expire_seconds": row.expires}
        known = PeriodicTask.objects.filter(name=PREFIX + row.name).first()
        if known is None:
            PeriodicTask.objects.create(name=PREFIX + row.name, **wanted)
        elif any(getattr(known, field) != value for field, value in wanted.items()):
            for field, value in wanted.items():
                setattr(known, field, value)
            known.save()
    names = [PREFIX + row.name for row in rows()]
    PeriodicTask.objects.filter(name__startswith=PREFIX).exclude(name__in=names).delete()
