"""The Celery application. Its only caller is finobs.core.dispatch."""

import os
from contextlib import ExitStack
from logging.config import dictConfig
from typing import Any

from celery import Celery, signals

from finobs.core import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.local")

app = Celery("finobs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
def _serve(**_: Any) -> None:
    """A worker is finobs's own process; whoever merely sends it a task may be a command."""
    process.serve()


@signals.setup_logging.connect
def set_up_logging(**_: Any) -> None:
    """As every other process logs: Celery would bring handlers of its own, without ids and with what rows hold."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


@signals.task_prerun.connect
def begin_context(task_id: str, task: Any, **_: Any) -> None:
    """A task's id stands in its log lines and ledger events; it begins with the id of the request that sent it."""
    from finobs.core import context

    if not task.request.is_eager:
        task.request.finobs_context = stack = ExitStack()
        stack.enter_context(context.request(task_id))


@signals.task_postrun.connect
def end_context(task: Any, **_: Any) -> None:
    if stack := getattr(task.request, "finobs_context", None):
        stack.close()


@signals.after_task_publish.connect
@signals.task_received.connect
def note_recovery(**_: Any) -> None:
    """Something went through the broker: if it was lost, it is back."""
    from finobs.core.logs import outages

    outages.recovered(outages.REDIS)
