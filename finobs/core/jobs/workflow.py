"""What people can do with a job. Buttons, the API's `actions` and the administration are made from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import InvalidTransition
from .choices import OPEN_STATES, JobState
from .models import LeasedJob


@dataclass(frozen=True, slots=True)
class JobTransition:
    """`result` completes "Training run 7 ..." once it was taken; `refusal` a sentence on a job in no source state."""

    action: str
    label: str
    sources: frozenset[JobState]
    target: JobState
    result: str
    refusal: str
    help: str


TRANSITIONS: Final = (
    JobTransition(
        "cancel", "Cancel", frozenset(OPEN_STATES), JobState.CANCELLED, "is cancelled", "has ended",
        "Its worker stops at the next step, and nothing more comes of it.",
    ),
    JobTransition(
        "retry", "Retry", frozenset({JobState.FAILED, JobState.CANCELLED}), JobState.QUEUED, "waits for a worker again",
        "neither failed nor was cancelled", "It waits for a worker again, with as many attempts as a new one.",
    ),
)  # fmt: skip
BY_ACTION: Final = {transition.action: transition for transition in TRANSITIONS}


def check(action: str, job: LeasedJob) -> JobState:
    """The state that `action` leads to. Raises InvalidTransition."""
    transition = BY_ACTION[action]
    if job.state not in transition.sources:
        kind, state = job._meta.verbose_name, JobState(job.state).label.lower()
        raise InvalidTransition(f"This {kind} {transition.refusal}: {state}.")
    return transition.target


def transitions(state: str) -> list[JobTransition]:
    """What can be done with a job in this state."""
    return [transition for transition in TRANSITIONS if state in transition.sources]
