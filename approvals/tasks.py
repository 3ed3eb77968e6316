from celery import shared_task

from . import services


@shared_task(name="approvals.tasks.expire_due")
def expire_due() -> int:
    """End pending requests whose time is up."""
    return services.expire_due()
