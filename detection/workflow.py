"""The life of a model version. Only these steps exist; buttons, API and admin are made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from finobs.core.errors import InvalidTransition

from .choices import Stage


@dataclass(frozen=True, slots=True)
class Step:
    action: str
    label: str
    sources: frozenset[Stage]
    target: Stage
    permission: str


STEPS = (
    Step(
        "promote", "Put in force",
        frozenset({Stage.CANDIDATE, Stage.SHADOW, Stage.CHALLENGER, Stage.RETIRED}), Stage.CHAMPION, "change",
    ),
    Step(
        "retire", "Retire",
        frozenset({Stage.CANDIDATE, Stage.SHADOW, Stage.CHALLENGER, Stage.CHAMPION}), Stage.RETIRED, "change",
    ),
)  # fmt: skip
BY_ACTION = {step.action: step for step in STEPS}


def check(action: str, stage: str) -> Stage:
    """The stage that `action` leads to. Raises InvalidTransition."""
    step = BY_ACTION[action]
    if stage not in step.sources:
        raise InvalidTransition(f"{step.label} is not possible for a model that is {Stage(stage).label.lower()}.")
    return step.target


def steps(stage: str) -> list[Step]:
    return [step for step in STEPS if stage in step.sources]
