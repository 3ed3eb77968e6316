from celery import shared_task

from . import services


@shared_task(name="cases.tasks.priorities_refresh")
def priorities_refresh() -> int:
    """Let the unfinished cases age."""
    return services.priorities_refresh()
