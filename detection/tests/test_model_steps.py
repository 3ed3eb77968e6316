"""The life of a version as one table: every step from every stage by every kind of person, on every surface."""

from __future__ import annotations

import json

import pytest

from approvals.models import ApprovalRequest
from detection.choices import ModelRole, ModelStage
from detection.ml.registry import selectors, workflow
from detection.ml.registry.queries import ever_in_force
from detection.ml.registry.services import STAGE_SERVICES
from detection.models import ModelVersion
from detection.tests import scenarios
from finobs.core.errors import InvalidTransition
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import if_match, signed_in
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db

# Where each step leads from each stage; a star: once somebody else has approved. Written out, not read from workflow.
TABLE = {
    "candidate": {"shadow": "shadow", "challenge": "challenger", "promote": "champion*", "retire": "retired"},
    "shadow": {"challenge": "challenger", "promote": "champion*", "retire": "retired"},
    "challenger": {"shadow": "shadow", "promote": "champion*", "retire": "retired"},
    "champion": {"retire": "retired*"},
    "retired": {"promote": "champion*"},
}
STEPS = ("shadow", "challenge", "promote", "retire")
CELLS = [(stage, step) for stage in TABLE for step in STEPS]


def of_stage(stage: str, **fields) -> ModelVersion:
    return factories.model_version(stage=stage, role=ModelRole.ANOMALY, kind="ensemble", **fields)


def post(person, version, step, reason="Better."):
    path = f"/api/v1/models/{version.pk}/{step}"
    body, headers = json.dumps({"reason": reason}), if_match(version)
    return signed_in(person).post(path, body, content_type="application/json", headers=headers)


def stage_of(version) -> str:
    return str(ModelVersion.objects.values_list("stage", flat=True).get(pk=version.pk))


def test_the_table_has_every_stage_and_every_step_of_people():
    assert set(TABLE) == set(ModelStage.values)
    assert set(STEPS) == {step.action for step in workflow.HUMAN_STEPS} == set(STAGE_SERVICES)


@pytest.mark.parametrize(("stage", "step"), CELLS)
def test_the_workflow_leads_where_the_table_says(stage, step):
    target = TABLE[stage].get(step)
    if target is None:
        with pytest.raises(InvalidTransition, match=f"is not possible for a model that is {stage}"):
            workflow.check(step, stage)
        return
    assert workflow.check(step, stage) == target.rstrip("*")
    assert workflow.BY_ACTION[step].needs_approval(stage) == target.endswith("*")


@pytest.mark.parametrize("stage", TABLE)
def test_what_people_can_do_is_the_row_of_the_table(stage):
    assert {step.action for step in workflow.steps(stage)} == set(TABLE[stage])


@pytest.mark.parametrize("stage", TABLE)
def test_only_a_candidate_is_installed(stage):
    if stage == "candidate":
        assert workflow.check("install", stage) == "champion"
    else:
        with pytest.raises(InvalidTransition):
            workflow.check("install", stage)
    assert "install" not in {step.action for step in workflow.steps(stage)}


@pytest.mark.parametrize(("stage", "step"), CELLS)
def test_machines_take_the_steps_of_the_table_and_no_other(stage, step, admin):
    version, bystander = of_stage(stage), of_stage("candidate")
    response, target = post(admin, version, step), TABLE[stage].get(step)
    if target is None:
        assert (response.status_code, stage_of(version)) == (409, stage)
    elif target.endswith("*"):
        assert (response.status_code, stage_of(version)) == (202, stage)
        request = ApprovalRequest.objects.get()
        assert (request.action, request.subject_id) == (f"detection.model_{step}", str(version.pk))
    else:
        assert (response.status_code, stage_of(version)) == (200, target)
        assert set(response.json()["actions"]) == set(TABLE[target])
    assert stage_of(bystander) == "candidate"


@pytest.mark.parametrize("name", ["analyst", "lead", "auditor", "stranger"])
def test_who_may_not_configure_takes_no_step_from_any_stage(name, request):
    person, versions = request.getfixturevalue(name), {stage: of_stage(stage) for stage in TABLE}
    events = Event.objects.count()
    for stage, step in CELLS:
        assert post(person, versions[stage], step).status_code in (403, 404), (stage, step)
    assert {stage: stage_of(version) for stage, version in versions.items()} == {stage: stage for stage in TABLE}
    assert Event.objects.count() == events
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("stage", TABLE)
def test_the_page_offers_the_steps_of_the_table_to_who_may_take_them(stage, admin, analyst):
    page = f"/detection/models/{of_stage(stage).pk}/"
    for person, steps in ((admin, set(TABLE[stage])), (analyst, set())):
        text = signed_in(person).get(page).content.decode()
        assert {step for step in STEPS if f"{page}{step}/" in text} == steps


@pytest.mark.parametrize(
    ("stage", "step"),
    [(stage, step) for stage in TABLE for step, to in TABLE[stage].items() if not to.endswith("*")],
)
def test_a_step_is_recorded_with_where_it_came_from_and_why(stage, step, admin):
    version = of_stage(stage)
    post(admin, version, step, reason=" Because. ")
    body = last_event(f"model.{step}")
    assert body["data"] == {
        "model": str(version), "sha256": version.sha256, "before": stage, "reason": "Because.",
    }  # fmt: skip
    history = version.history.latest("history_id")
    assert (history.stage, history.history_user, history.history_change_reason) == (
        TABLE[stage][step], admin, "Because."
    )  # fmt: skip


@pytest.mark.parametrize("step", ["shadow", "challenge", "retire"])
def test_a_step_that_nobody_approves_needs_no_reason(step, admin):
    version = of_stage("candidate")
    assert post(admin, version, step, reason="").status_code == 200
    assert last_event(f"model.{step}")["data"]["reason"] == ""


@pytest.mark.parametrize(("stage", "step"), [("candidate", "promote"), ("champion", "retire")])
def test_a_step_that_somebody_approves_needs_a_reason(stage, step, admin):
    version = of_stage(stage)
    assert post(admin, version, step, reason=" ").status_code == 422
    assert not ApprovalRequest.objects.exists()


def test_a_new_challenger_retires_the_one_of_its_role_alone(admin):
    before, other = of_stage("challenger"), factories.model_version(stage="challenger", role="supervised", kind="s")
    watching, version = of_stage("shadow"), of_stage("candidate")
    assert post(admin, version, "challenge").status_code == 200
    assert [stage_of(each) for each in (before, other, watching, version)] == [
        "retired", "challenger", "shadow", "challenger"
    ]  # fmt: skip
    assert last_event("model.retire")["data"]["reason"] == f"replaced by {version}"


def test_a_promotion_retires_the_champion_of_its_role_alone_and_names_the_approval(admin):
    before, other = of_stage("champion"), factories.model_version(stage="champion", role="supervised", kind="s")
    version = scenarios.approved_step(STAGE_SERVICES["promote"], admin, of_stage("shadow"), "Better.")
    assert [stage_of(each) for each in (before, other, version)] == ["retired", "champion", "champion"]
    promoted, retired = last_event("model.promote")["data"], last_event("model.retire")["data"]
    assert promoted["approval"] == str(ApprovalRequest.objects.get().pk)
    assert (promoted["before"], promoted["reason"]) == ("shadow", "Better.")
    assert (retired["model"], retired["before"], "approval" in retired) == (str(before), "champion", False)


def test_a_step_of_another_version_leaves_a_waiting_request_as_it_is(admin):
    waiting, moving = of_stage("candidate"), of_stage("candidate")
    post(admin, waiting, "promote")
    post(admin, moving, "shadow")
    assert ApprovalRequest.objects.get().state == "pending"
    post(admin, waiting, "shadow")
    assert ApprovalRequest.objects.get().state != "pending"


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"flagged_share": 0.0, "parity": 0.0}, "flags nothing"),
        ({"flagged_share": 0.2001, "parity": 0.0}, "flags 20.0%"),
        ({"flagged_share": 0.1, "parity": 0.00002}, "never shown to agree"),
        ({"flagged_share": 0.1}, "never shown to agree"),
    ],
)
@pytest.mark.parametrize("step", ["shadow", "challenge", "promote"])
def test_a_version_that_tells_nobody_where_to_look_is_used_by_no_step(step, metrics, words, admin):
    version = of_stage("candidate", metrics=metrics)
    response = post(admin, version, step)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert stage_of(version) == "candidate"
    assert post(admin, version, "retire").status_code == 200


def test_a_role_was_in_force_once_a_version_of_it_was(admin):
    version = of_stage("candidate")
    assert not ever_in_force(ModelRole.ANOMALY)
    scenarios.install(version)
    assert (ever_in_force(ModelRole.ANOMALY), ever_in_force(ModelRole.SUPERVISED)) == (True, False)
    version.refresh_from_db()
    scenarios.approved_step(STAGE_SERVICES["retire"], admin, version)
    assert not ModelVersion.objects.filter(stage=ModelStage.CHAMPION).exists()
    assert (ever_in_force(ModelRole.ANOMALY), ever_in_force(ModelRole.SUPERVISED)) == (True, False)


def test_the_stages_of_a_version_are_its_own_the_newest_first(admin, analyst):
    version, other = of_stage("candidate"), of_stage("candidate")
    for step in ("shadow", "challenge", "retire"):
        post(admin, version, step, reason=f"To {step}.")
    post(admin, other, "retire", reason="Other.")
    stages = selectors.model_stages(analyst, version)
    assert [(row.stage, row.history_change_reason) for row in stages][:3] == [
        ("retired", "To retire."), ("challenger", "To challenge."), ("shadow", "To shadow.")
    ]  # fmt: skip
    assert all(row.id == version.pk for row in stages)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [1, 2, 3]), ({"role": "anomaly"}, [1, 2]), ({"role": "supervised"}, [3]), ({"stage": "shadow"}, [2, 3]),
        ({"stage": "shadow", "role": "anomaly"}, [2]), ({"stage": "retired"}, []),
    ],
)  # fmt: skip
def test_versions_are_filtered_by_role_and_stage(query, numbers, analyst):
    for number, (role, stage) in enumerate(
        [("anomaly", "candidate"), ("anomaly", "shadow"), ("supervised", "shadow")], start=1
    ):
        factories.model_version(role=role, kind=role, stage=stage, number=number)
    rows = signed_in(analyst).get("/api/v1/models", query).json()["results"]
    assert sorted(row["number"] for row in rows) == numbers


def test_nothing_is_recorded_of_a_step_that_is_refused(admin):
    version = of_stage("retired")
    for step in ("shadow", "challenge", "retire"):
        post(admin, version, step)
    assert [body for step in STEPS for body in event_bodies(f"model.{step}")] == []
