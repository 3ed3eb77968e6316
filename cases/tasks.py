from celery import shared_task

from . import services


@shared_task(name="cases.tasks.priorities_refresh")
def priorities_refresh() -> int:
    """Let the unfinished incidents and cases age."""
    return services.priorities_refresh()


@shared_task(name="cases.tasks.items_wake")
def items_wake() -> int:
    """Put what waited until now back to work."""
    return services.items_wake()
