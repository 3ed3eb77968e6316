from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import NotFound
from finobs.core.reasons import optional_reason
from finobs.core.service import service
from finobs.ledger.services import record

from ....choices import RunState
from ....models import TrainingRun
from .. import workflow


@service
def training_cancel(*, actor: User, run: TrainingRun, reason: str = "") -> TrainingRun:
    """End a run that waits or runs. Its worker notices at its next word and stops; nothing is published.

    Who may: `model:retrain`. Records `training.cancel`. Raises NotFound, NotAllowed, and InvalidTransition when it has
    ended.
    """
    locked = TrainingRun.objects.select_for_update(of=("self",)).filter(pk=run.pk).first()
    if locked is None:
        raise NotFound
    run = locked
    access.require(actor, "cancel", run)
    workflow.check_cancel(run.state)
    reason = optional_reason(reason)
    run.state, run.ended_at, run.lease_until = RunState.CANCELLED, clock.now(), None
    run.error = reason or f"Cancelled by {actor}."
    run.save(update_fields=["state", "ended_at", "lease_until", "error"])
    record(actor=actor, action="training.cancel", subject=run, data={"role": run.role, "reason": reason})
    return run
