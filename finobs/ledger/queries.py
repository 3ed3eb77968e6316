"""Reads of the ledger without a user: how the sealer is doing, and what an event speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

from finobs.core import clock
from finobs.core.health import Degraded, Failing

from .models import Alarm, Checkpoint, PendingEvent

# AUD-7: an alarm at 60 seconds.
MAX_SEAL_LAG_SECONDS = 60
MAX_LAG_TO_SERVE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class SealState:
    """How the sealer is doing; for /readyz, the shell and dashboards."""

    pending: int
    lag_seconds: float
    size: int
    alarms: list[str]

    @property
    def late(self) -> bool:
        return self.lag_seconds > MAX_SEAL_LAG_SECONDS


def seal_state() -> SealState:
    oldest = PendingEvent.objects.order_by("event_id").values_list("event__at", flat=True).first()
    return SealState(
        pending=PendingEvent.objects.count(),
        lag_seconds=max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0,
        size=Checkpoint.objects.values_list("size", flat=True).first() or 0,
        alarms=list(Alarm.objects.filter(settled_at=None).values_list("detail", flat=True)),
    )


def check_health() -> str:
    """For /readyz. Events wait and none is lost (AUD-7): a late sealer degrades.

    An open alarm fails, and so does a sealer that is ten minutes late: what is done from then on can be proved by
    nobody, and a person must decide whether finobs is to go on.
    """
    state = seal_state()
    if state.alarms:
        raise Failing(f"ALARM: nothing is signed ({len(state.alarms)} open), {state.pending} events wait.")
    if state.late:
        error = Failing if state.lag_seconds > MAX_LAG_TO_SERVE_SECONDS else Degraded
        raise error(f"LATE: {state.pending} events wait to be sealed, the oldest for {state.lag_seconds:.0f} s.")
    return f"{state.pending} events wait, {state.size} sealed."


def subject_of(subject_type: str, subject_id: str) -> Model | None:
    """The row that an event speaks of, if it is one and still there."""
    try:
        row: Model | None = apps.get_model(subject_type)._default_manager.filter(pk=subject_id).first()
        return row
    except (LookupError, ValueError, TypeError):
        return None
