"""The life of a model version as a table: every action from every stage, and who must agree."""

from __future__ import annotations

import pytest

from detection.choices import ModelStage
from detection.ml.registry import workflow
from finobs.core.errors import InvalidTransition

TABLE = {
    "shadow": ({"candidate", "challenger"}, "shadow", set()),
    "challenge": ({"candidate", "shadow"}, "challenger", set()),
    "promote": (
        {"candidate", "shadow", "challenger", "retired"}, "champion", {"candidate", "shadow", "challenger", "retired"},
    ),
    "retire": ({"candidate", "shadow", "challenger", "champion"}, "retired", {"champion"}),
    "install": ({"candidate"}, "champion", set()),
}  # fmt: skip


def test_the_table_holds_every_action_and_no_other() -> None:
    assert set(workflow.BY_ACTION) == set(TABLE)
    assert [step.action for step in workflow.HUMAN_STEPS] == ["shadow", "challenge", "promote", "retire"]


@pytest.mark.parametrize("stage", ModelStage.values)
@pytest.mark.parametrize("action", TABLE)
def test_an_action_leads_where_the_table_says_or_nowhere(action: str, stage: str) -> None:
    sources, target, _ = TABLE[action]
    if stage in sources:
        assert workflow.check(action, stage) == target
        return
    with pytest.raises(InvalidTransition) as error:
        workflow.check(action, stage)
    label = workflow.BY_ACTION[action].label
    assert error.value.detail == f"{label} is not possible for a model that is {ModelStage(stage).label.lower()}."


@pytest.mark.parametrize("stage", ModelStage.values)
@pytest.mark.parametrize("action", TABLE)
def test_an_action_needs_approval_where_the_table_says(action: str, stage: str) -> None:
    assert workflow.BY_ACTION[action].needs_approval(stage) is (stage in TABLE[action][2])


@pytest.mark.parametrize(
    ("stage", "actions"),
    [
        ("candidate", ["shadow", "challenge", "promote", "retire"]),
        ("shadow", ["challenge", "promote", "retire"]),
        ("challenger", ["shadow", "promote", "retire"]),
        ("champion", ["retire"]),
        ("retired", ["promote"]),
    ],
)
def test_people_are_offered_what_is_possible_from_a_stage(stage: str, actions: list[str]) -> None:
    assert [step.action for step in workflow.steps(stage)] == actions


def test_every_step_says_what_it_does() -> None:
    for step in workflow.TRANSITIONS:
        assert step.label
        assert step.help.endswith(".")
        assert step.description


def test_the_steps_that_others_approve_are_named_with_approvals(db: None) -> None:
    from approvals.registry import names

    assert {workflow.PROMOTE, workflow.RETIRE} <= set(names())
