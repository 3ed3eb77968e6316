from celery import shared_task

from . import services


@shared_task(name="transactions.tasks.deliveries_check")
def deliveries_check() -> int:
    """Expect what is to come, and say what has not come in time."""
    return services.deliveries_check()


@shared_task(name="transactions.tasks.quarantine_expire")
def quarantine_expire() -> int:
    """Empty rows that nobody could read, once the time of retention is over."""
    return services.quarantine_expire()
