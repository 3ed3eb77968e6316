"""The sealer's wake-up call."""

from celery import shared_task

from .services import seal as sealing


@shared_task(name="finobs.ledger.tasks.seal")
def seal() -> None:
    """Seal what is pending. Lost or doubled calls do no harm: the next one takes all that waits."""
    sealing.seal_all()
