"""The Celery application. Its only caller is finobs.core.dispatch."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from finobs.core import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.local")

app = Celery("finobs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _serve(**_: Any) -> None:
    """A worker is finobs's own process; whoever merely sends it a task may be a command."""
    process.serve()
