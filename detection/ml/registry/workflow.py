"""The life of a model version and of a training run. Buttons, API and admin are made from these steps alone."""

from __future__ import annotations

from dataclasses import dataclass

from finobs.core.errors import InvalidTransition

from ...choices import ModelStage

# What the two steps that somebody else approves are called with approvals.
PROMOTE, RETIRE = "detection.model_promote", "detection.model_retire"


@dataclass(frozen=True, slots=True)
class StageTransition:
    """`description`: of a version that has taken it. From a stage in `approved`, a second pair of eyes agrees first."""

    action: str
    label: str
    sources: frozenset[ModelStage]
    target: ModelStage
    description: str
    help: str
    approved: frozenset[ModelStage] = frozenset()
    system: bool = False

    def needs_approval(self, stage: str) -> bool:
        return stage in self.approved


_NOT_IN_FORCE = frozenset({ModelStage.CANDIDATE, ModelStage.SHADOW, ModelStage.CHALLENGER, ModelStage.RETIRED})

TRANSITIONS = (
    StageTransition(
        "shadow", "Let it watch", frozenset({ModelStage.CANDIDATE, ModelStage.CHALLENGER}), ModelStage.SHADOW,
        "watches",
        "It scores everything that comes in and decides nothing.",
    ),
    StageTransition(
        "challenge", "Make it the challenger", frozenset({ModelStage.CANDIDATE, ModelStage.SHADOW}),
        ModelStage.CHALLENGER,
        "is the challenger",
        "It scores everything beside the model in force and decides nothing. The challenger before it is retired.",
    ),
    StageTransition(
        "promote", "Activate", _NOT_IN_FORCE, ModelStage.CHAMPION, "is in force",
        "Somebody else approves first. It then decides; the model of its role before it is retired.",
        approved=_NOT_IN_FORCE,
    ),
    StageTransition(
        "retire", "Retire", frozenset({ModelStage.CANDIDATE, ModelStage.SHADOW, ModelStage.CHALLENGER,
        ModelStage.CHAMPION}),
        ModelStage.RETIRED, "is retired",
        "It looks at nothing any more. Taking the model in force out of it is approved by somebody else first.",
        approved=frozenset({ModelStage.CHAMPION}),
    ),
    StageTransition(
        "install", "Put in force as the first", frozenset({ModelStage.CANDIDATE}), ModelStage.CHAMPION, "is in force",
        "An installation's first model of a role.", system=True,
    ),
)  # fmt: skip
BY_ACTION = {step.action: step for step in TRANSITIONS}
HUMAN_STEPS = tuple(step for step in TRANSITIONS if not step.system)


def check(action: str, stage: str) -> ModelStage:
    """The stage that `action` leads to. Raises InvalidTransition."""
    step = BY_ACTION[action]
    if stage not in step.sources:
        raise InvalidTransition(f"{step.label} is not possible for a model that is {ModelStage(stage).label.lower()}.")
    return step.target


def steps(stage: str) -> list[StageTransition]:
    """What people can do with a version at this stage."""
    return [step for step in HUMAN_STEPS if stage in step.sources]
