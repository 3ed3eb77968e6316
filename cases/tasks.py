from celery import shared_task
from celery.schedules import crontab

from . import services

BEAT = {"cases-priorities": {"task": "cases.tasks.priorities_refresh", "schedule": crontab(hour="4", minute="30")}}


@shared_task(name="cases.tasks.priorities_refresh")
def priorities_refresh() -> int:
    """Let the unfinished cases age."""
    return services.priorities_refresh()
