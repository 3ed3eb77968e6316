"""Celery tasks: ids in, one service called."""

from __future__ import annotations

from celery import shared_task

from finobs.accounts.models import User
from transactions.models import Source

from . import services
from .explain import explanations


@shared_task(name="detection.tasks.train_model")
def train_model(actor_id: int, source_id: int = 0) -> int:
    """Train a candidate for whoever asked; returns its id. Running it twice makes two candidates, none in force."""
    source = Source.objects.get(pk=source_id) if source_id else None
    return services.model_train(actor=User.objects.get(pk=actor_id), source=source).pk


@shared_task(name="detection.tasks.explain_batch")
def explain_batch(batch_id: int) -> int:
    """Make the explanations that a large batch was not kept waiting for. Running it twice makes them once."""
    return explanations.fill(batch_id)


@shared_task(name="detection.tasks.reassess")
def reassess() -> int:
    """Look again at what late transactions touched. Lost or doubled calls do no harm: the next takes what is due."""
    return services.reassess_due()
