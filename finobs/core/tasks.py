"""Housekeeping of the kernel's own tables."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task
from django.conf import settings

from . import idempotency


@shared_task(name="finobs.core.tasks.tidy")
def tidy() -> None:
    """Drop answers that are too old to be replayed, and sessions that have run out."""
    idempotency.delete_expired()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
