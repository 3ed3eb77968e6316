"""What happens by the clock. The apps register their tasks when they start; beat's table follows at every migrate.

The code owns what runs and how often; switching a task off is the operator's and stays. A call that nobody took in
time expires: the next one takes all that waits, so a sealer that was away finds no pile of wake-up calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Max, Min

from . import clock
from .health import Degraded

PREFIX: Final = "finobs: "
MIN_EXPIRY_SECONDS: Final = 10
# Something is due each minute, and beat writes down every three minutes what it has sent.
MAX_SILENCE_MINUTES: Final = 10


def always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """A task that beat sends every `every` seconds, where `is_needed` says so when the database is migrated."""

    name: str
    task: str
    every: int
    is_needed: Callable[[], bool] = always

    @property
    def expires(self) -> int:
        """Seconds after which a call that no worker took is dropped."""
        return max(MIN_EXPIRY_SECONDS, self.every)


_tasks: dict[str, ScheduledTask] = {}


def register(*tasks: ScheduledTask) -> None:
    """Add tasks to the schedule. Called from AppConfig.ready()."""
    _tasks.update((task.name, task) for task in tasks)


def registered() -> tuple[ScheduledTask, ...]:
    """What this installation needs, by name: where a sealer has a process of its own, beat does not wake one."""
    return tuple(_tasks[name] for name in sorted(_tasks) if _tasks[name].is_needed())


def synchronise(**_: Any) -> None:
    """Make beat's table equal to `registered()`. Idempotent; other people's rows stay, and so does `enabled`."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    tasks = registered()
    for task in tasks:
        interval, _created = IntervalSchedule.objects.get_or_create(every=task.every, period=IntervalSchedule.SECONDS)
        # `enabled` is not among them: switching a task off is the operator's.
        values = {"task": task.task, "interval": interval, "expire_seconds": task.expires}
        row = PeriodicTask.objects.filter(name=PREFIX + task.name).first()
        if row is None:
            PeriodicTask.objects.create(name=PREFIX + task.name, **values)
        elif any(getattr(row, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(row, field, value)
            row.save()
    names = [PREFIX + task.name for task in tasks]
    PeriodicTask.objects.filter(name__startswith=PREFIX).exclude(name__in=names).delete()


def check_health() -> str:
    """For /readyz: pages and ingest go on without beat, but nothing happens by the clock."""
    from django_celery_beat.models import PeriodicTask

    rows = PeriodicTask.objects.filter(name__startswith=PREFIX, enabled=True)
    # Until beat has run for the first time, since its table was made.
    times = rows.aggregate(sent=Max("last_run_at"), made=Min("date_changed"))
    since = times["sent"] or times["made"]
    if since is None:
        raise Degraded("Nothing is scheduled: run migrate.")
    minutes = (clock.now() - since).total_seconds() / clock.MINUTE
    if minutes > MAX_SILENCE_MINUTES:
        raise Degraded(f"Beat has sent nothing for {minutes:.0f} minutes: what happens by the clock waits.")
    return f"{rows.count()} tasks by the clock."
