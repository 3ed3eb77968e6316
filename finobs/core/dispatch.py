"""The only caller of Celery: after the commit, by task name, with ids.

A task that is lost (a kill, an empty broker) must lose nothing: what has to happen is a row first, and the task
merely wakes whoever claims that row. A reaper on the beat wakes it again.
"""

from __future__ import annotations

from celery import current_app
from django.db import transaction


def on_commit(task: str, *ids: int | str) -> None:
    """Send the task named `task` with `ids` once the present transaction has committed (at once outside one)."""
    transaction.on_commit(lambda: current_app.tasks[task].apply_async(args=ids), robust=True)
