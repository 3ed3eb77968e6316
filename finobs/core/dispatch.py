"""The only caller of Celery: after the commit, by task name, with ids.

A task that is lost (a kill, an empty broker) must lose nothing: what has to happen is a row first, and the task
merely wakes whoever claims that row. A reaper on the beat wakes it again.
"""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.db import transaction


def on_commit(task: str, *ids: int | str) -> None:
    """Send the task named `task` with `ids` once the present transaction has committed (at once outside one)."""
    # robust: a broker that is away fails neither the request nor the other calls; the row is there, and the beat wakes
    # it.
    transaction.on_commit(lambda: task_by_name(task).apply_async(args=ids), robust=True)


def task_by_name(task: str) -> Any:
    """The task of that name. Only workers load all tasks when they start: whoever else sends one loads them then."""
    if task not in current_app.tasks:
        current_app.loader.import_default_modules()
    return current_app.tasks[task]
