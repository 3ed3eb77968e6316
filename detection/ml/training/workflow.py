"""The life of a training run."""

from __future__ import annotations

from finobs.core.errors import InvalidTransition

from ...choices import RunState

RUNS_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING})


def check_cancel(state: str) -> None:
    """Raises InvalidTransition for a training run that has ended."""
    if state not in RUNS_OPEN:
        raise InvalidTransition(f"This training run has ended: {RunState(state).label.lower()}.")
