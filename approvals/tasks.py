from celery import shared_task

from . import services

BEAT = {"approvals-expire": {"task": "approvals.tasks.expire_due", "schedule": 60.0}}


@shared_task(name="approvals.tasks.expire_due")
def expire_due() -> int:
    """End pending requests whose time is up."""
    return services.expire_due()
