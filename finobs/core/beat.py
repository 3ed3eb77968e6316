"""Beat's scheduler: the table of django-celery-beat, with a sign of life."""

from __future__ import annotations

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from . import heartbeat


class HeartbeatScheduler(DatabaseScheduler):
    """Wakes every five seconds at least, as its base does, and says so."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        heartbeat.beat("beat")
        return super().tick(*args, **kwargs)
