from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import NotFound
from finobs.core.service import service
from finobs.ledger.services import record

from .. import workflow
from ..choices import RunState
from ..models import TrainingRun


@service
def training_cancel(*, actor: User, run: TrainingRun, reason: str = "") -> TrainingRun:
    """End a run that waits or runs. Its worker notices at its next word and stops; nothing is published.

    Who may: `model:retrain`. Records `training.cancel`. Raises NotFound, NotAllowed, and InvalidTransition when it has
    ended.
    """
    locked = TrainingRun.objects.select_for_update(of=("self",)).filter(pk=run.pk).first()
    if locked is None:
        raise NotFound
    access.require(actor, "cancel", locked)
    workflow.check_cancel(locked.state)
    locked.state, locked.ended_at, locked.lease_until = RunState.CANCELLED, clock.now(), None
    locked.error = reason.strip() or f"Cancelled by {actor}."
    locked.save(update_fields=["state", "ended_at", "lease_until", "error"])
    record(actor=actor, action="training.cancel", subject=locked, data={"role": locked.role, "reason": reason.strip()})
    return locked
