from celery import shared_task

from finobs.core.jobs.worker import work

from .models import Errand, Round


@shared_task(name="job_tests.errand")
def errand(pk: int) -> None:
    work(Errand, pk)


@shared_task(name="job_tests.round")
def walk_round(pk: int) -> None:
    work(Round, pk)
