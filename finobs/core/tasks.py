"""Housekeeping: the kernel's own tables, and jobs of every kind."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task
from django.conf import settings

from . import idempotency
from .jobs import wake


@shared_task(name="finobs.core.tasks.tidy")
def tidy() -> None:
    """Drop answers that are too old to be replayed, and sessions that have run out."""
    idempotency.delete_expired()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task(name="finobs.core.tasks.jobs_wake")
def jobs_wake() -> dict[str, list[int]]:
    """Call workers for jobs that nobody works on; fail those that have cost as many workers as they may."""
    return wake.jobs_wake()
