"""Celery tasks: ids in, one service called."""

from __future__ import annotations

from celery import shared_task

from finobs.accounts.system import system_actor
from finobs.core.jobs.worker import work
from transactions.models import Source

from .alerts import services as alert_services
from .bootstrap import ensure_default_detectors
from .ml.training import services as training_services
from .models import ReassessmentRun, TrainingRun
from .pipeline.late import reassess_due


@shared_task(name="detection.tasks.train_model")
def train_model(run_id: int) -> None:
    """Work a training run to its end. Running it twice is harmless: the second finds nothing to claim."""
    work(TrainingRun, run_id)


@shared_task(name="detection.tasks.detectors_ensure")
def detectors_ensure() -> None:
    """First rules and first model of an installation that is fed by API. Running it twice makes them once."""
    if Source.objects.exists():
        ensure_default_detectors()


@shared_task(name="detection.tasks.training_due")
def training_due() -> None:
    """Ask for a supervised model when enough outcomes are known."""
    training_services.training_due()


@shared_task(name="detection.tasks.explain_batch")
def explain_batch(batch_id: int) -> int:
    """Make the explanations that a large batch was not kept waiting for. Running it twice makes them once."""
    return alert_services.explanations_fill(actor=system_actor("explain"), batch_id=batch_id)


@shared_task(name="detection.tasks.explanations_due")
def explanations_due() -> int:
    """The same for batches whose call was lost. A bounded number each time: the next run takes what is left."""
    return alert_services.explanations_fill_due(actor=system_actor("explain"))


@shared_task(name="detection.tasks.reassess")
def reassess() -> int:
    """Look again at what late transactions touched. Lost or doubled calls do no harm: the next takes what is due."""
    return reassess_due.reassess_due()


@shared_task(name="detection.tasks.reassess_run")
def reassess_run(run_id: int) -> None:
    """Go on with a reassessment run that was left behind or retried. Running it twice is harmless."""
    work(ReassessmentRun, run_id)
