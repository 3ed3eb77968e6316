"""The life of a model version: what decides is agreed to by a second pair of eyes."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, transaction

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from approvals.services import request_decide
from detection.choices import ModelRole, ModelStage
from detection.ml.registry import approval_actions, workflow
from detection.ml.registry.services import (
    STAGE_SERVICES,
    model_challenge,
    model_install,
    model_promote,
    model_retire,
    model_shadow,
)
from detection.models import ModelVersion
from detection.pipeline.active import active_detectors
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from finobs.core.errors import ApprovalRequired, Conflict, Invalid, InvalidTransition, NotAllowed, Unavailable
from finobs.ledger.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate(source, admin):
    scenarios.transactions(source, scenarios.usual_amounts(600))
    return scenarios.trained(actor=admin, source=source)


def twin(version, **fields):
    """Another version with the same artefact."""
    made = ModelVersion.objects.get(pk=version.pk)
    made.pk, made.stage = None, ModelStage.CANDIDATE
    made.number = ModelVersion.objects.count() + 1
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made


def asked(step, actor, version, reason="Better"):
    with pytest.raises(ApprovalRequired) as waiting:
        step(actor=actor, model_version=version, reason=reason)
    return ApprovalRequest.objects.get(pk=waiting.value.request_id)


def decide(person, request, vote="approve", reason=""):
    return request_decide(actor=person, request=request, vote=vote, digest=request.digest, reason=reason)


def actions(number):
    return list(Event.objects.order_by("-id").values_list("action", flat=True)[:number])


def test_promoting_waits_for_somebody_else(candidate, superuser, lead, source):
    request = asked(model_promote, superuser, candidate, "Fewer false alerts.")
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.CANDIDATE
    assert active_detectors(source).champions == []
    with pytest.raises(NotAllowed, match="asked for this yourself"):
        decide(superuser, request)
    decide(lead, request)
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.CHAMPION
    assert [each.pk for each in active_detectors(source).champions] == [candidate.pk]
    data = json.loads(bytes(Event.objects.get(action="model.promote").body))["data"]
    assert (data["approval"], data["reason"]) == (str(request.pk), "Fewer false alerts.")


def test_approvers_are_shown_what_decides(candidate, superuser, lead):
    decide(lead, asked(model_promote, superuser, candidate))
    better = twin(candidate, threshold=0.7, alerts_a_day=12.5, metrics={**candidate.metrics, "auc": 0.91})
    shown = asked(model_promote, superuser, better, "Sees more.").snapshot
    assert shown["replaces"] == {"model": str(candidate), "sha256": candidate.sha256}
    assert (shown["sha256"], shown["role"], shown["threshold"]) == (better.sha256, "anomaly", "0.7")
    assert (shown["alerts_a_day"], shown["metrics"]["auc"], shown["reason"]) == ("12.5", "0.91", "Sees more.")
    words = dict(approval_actions.promote_summary(shown))
    assert words["Replaces"] == str(candidate)
    assert (words["AUC"], words["Threshold"], words["Alerts a day"]) == ("0.9100", "0.700000", "12.5")
    assert "Expected precision" not in words


def test_of_a_threshold_of_its_own_approvers_are_shown_what_to_expect(candidate, superuser, lead):
    decide(lead, asked(model_promote, superuser, candidate))
    expected = {"precision": 0.826087, "recall": None, "known": 23}
    metrics = {**candidate.metrics, "precision": 0.3913, "recall": 0.4, "judged_rows": 5660, "capacity": expected}
    shown = asked(model_promote, superuser, twin(candidate, threshold=0.7, alerts_a_day=4, metrics=metrics)).snapshot
    words = dict(approval_actions.promote_summary(shown))
    assert (words["Expected precision"], words["Expected recall"]) == ("0.8261", "not known")
    assert (words["Alerts with an outcome behind that"], words["Transactions it was judged on"]) == ("23", "5,660")
    assert "Precision at the share for review" not in words


def test_who_trained_it_does_not_approve_it(candidate, admin, superuser):
    admin.is_superuser = True
    admin.save()
    with pytest.raises(NotAllowed, match="last to edit"):
        decide(admin, asked(model_promote, superuser, candidate))


def test_who_has_no_say_in_compliance_does_not_approve_it(candidate, superuser, analyst, auditor):
    request = asked(model_promote, superuser, candidate)
    for person in (analyst, auditor):
        with pytest.raises(NotAllowed):
            decide(person, request)


def test_a_rejection_leaves_everything_as_it_was(candidate, superuser, lead):
    decide(lead, asked(model_promote, superuser, candidate), "reject", "Not judged on outcomes.")
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.CANDIDATE


def test_asking_for_the_same_again_is_answered_with_the_same_request(candidate, superuser):
    assert asked(model_promote, superuser, candidate) == asked(model_promote, superuser, candidate)


def test_another_champion_meanwhile_voids_what_was_shown(candidate, superuser, lead):
    other = twin(candidate)
    stale = asked(model_promote, superuser, candidate)
    decide(lead, asked(model_promote, superuser, other))
    with pytest.raises(Conflict):
        decide(lead, stale)
    stale.refresh_from_db()
    assert stale.state == RequestState.VOID
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.CANDIDATE


def test_moving_on_voids_what_waits(candidate, superuser):
    request = asked(model_promote, superuser, candidate)
    model_retire(actor=superuser, model_version=candidate, reason="Never mind.")
    request.refresh_from_db()
    assert request.state == RequestState.VOID


def test_the_one_before_is_retired_and_can_be_put_back(candidate, superuser, source):
    second = twin(candidate)
    scenarios.approved_step(model_promote, superuser, candidate)
    scenarios.approved_step(model_promote, superuser, second)
    candidate.refresh_from_db()
    assert (candidate.stage, second.stage) == (ModelStage.RETIRED, ModelStage.CHAMPION)
    scenarios.approved_step(model_promote, superuser, candidate, "The new one is noisy.")
    second.refresh_from_db()
    assert (candidate.stage, second.stage) == (ModelStage.CHAMPION, ModelStage.RETIRED)
    assert [each.pk for each in active_detectors(source).champions] == [candidate.pk]


@pytest.mark.parametrize("step", [model_promote, model_retire])
def test_what_somebody_else_approves_has_a_reason(candidate, superuser, step):
    if step is model_retire:
        scenarios.install(candidate)
    with pytest.raises(Invalid) as refused:
        step(actor=superuser, model_version=candidate, reason=" ")
    assert "reason" in refused.value.fields
    assert not ApprovalRequest.objects.exists()


def test_a_champion_of_each_role(candidate, superuser, source):
    other = twin(candidate, role=ModelRole.SUPERVISED)
    scenarios.approved_step(model_promote, superuser, candidate)
    scenarios.approved_step(model_promote, superuser, other)
    assert {each.role for each in active_detectors(source).champions} == {"anomaly", "supervised"}


def test_taking_the_one_in_force_out_waits_too(candidate, superuser, lead, source):
    scenarios.install(candidate)
    request = asked(model_retire, superuser, candidate, "Noisy.")
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.CHAMPION
    assert "no anomaly model decides" in dict(approval_actions.retire_summary(request.snapshot))["What follows"].lower()
    decide(lead, request)
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.RETIRED
    assert active_detectors(source).champions == []
    with pytest.raises(InvalidTransition):
        model_retire(actor=superuser, model_version=candidate)


def test_what_decides_nothing_is_moved_without_approval(candidate, superuser, source):
    assert model_shadow(actor=superuser, model_version=candidate, reason="To see.").stage == ModelStage.SHADOW
    assert model_challenge(actor=superuser, model_version=candidate).stage == ModelStage.CHALLENGER
    assert model_retire(actor=superuser, model_version=candidate).stage == ModelStage.RETIRED
    assert actions(3) == ["model.retire", "model.challenge", "model.shadow"]
    assert not ApprovalRequest.objects.exists()
    stages = [row.stage for row in candidate.history.order_by("history_id")]
    assert stages == ["candidate", "shadow", "challenger", "retired"]


def test_one_challenger_of_a_role(candidate, superuser):
    second, third = twin(candidate), twin(candidate, role=ModelRole.SUPERVISED)
    for version in (candidate, second, third):
        model_challenge(actor=superuser, model_version=version)
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.RETIRED
    with pytest.raises(IntegrityError), transaction.atomic():
        twin(candidate, stage=ModelStage.CHALLENGER)


@pytest.mark.parametrize("action", [step.action for step in workflow.HUMAN_STEPS])
@pytest.mark.parametrize("stage", list(ModelStage))
def test_only_the_steps_of_the_table_exist(candidate, superuser, action, stage):
    ModelVersion.objects.filter(pk=candidate.pk).update(stage=stage)
    step = workflow.BY_ACTION[action]
    try:
        STAGE_SERVICES[action](actor=superuser, model_version=candidate, reason="Why not.")
    except InvalidTransition:
        assert stage not in step.sources
    except ApprovalRequired:
        assert step.needs_approval(stage)
    else:
        assert stage in step.sources
        assert not step.needs_approval(stage)
        candidate.refresh_from_db()
        assert candidate.stage == step.target


@pytest.mark.parametrize("action", [step.action for step in workflow.HUMAN_STEPS])
def test_only_who_may_configure_moves_it(candidate, analyst, lead, auditor, action):
    for person in (analyst, lead, auditor):
        with pytest.raises(NotAllowed):
            STAGE_SERVICES[action](actor=person, model_version=candidate)
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("step", [model_shadow, model_challenge, model_promote])
@pytest.mark.parametrize(
    ("metrics", "words"),
    [({"flagged_share": 0.0}, "flags nothing"), ({"flagged_share": 0.5}, "everything"), ({"parity": 0.1}, "agree")],
)
def test_what_flags_nothing_or_everything_or_differs_from_its_graph_goes_nowhere(
    candidate, superuser, step, metrics, words
):
    candidate.metrics |= metrics
    candidate.save()
    with pytest.raises(Invalid, match=words):
        step(actor=superuser, model_version=candidate)


@pytest.mark.parametrize("step", [model_shadow, model_challenge, model_promote])
def test_an_artefact_that_is_not_the_published_one_goes_nowhere(candidate, superuser, step):
    ModelVersion.objects.filter(pk=candidate.pk).update(artefact=b"something else")
    with pytest.raises(Unavailable, match="checksum"):
        step(actor=superuser, model_version=candidate)


def test_the_first_of_a_role_is_installed_by_finobs_itself(candidate):
    actor = system_actor("demo")
    assert model_install(actor=actor, model_version=candidate, reason="First").stage == ModelStage.CHAMPION
    assert actions(1) == ["model.install"]


def test_people_do_not_install(candidate, superuser, service):
    for person in (superuser, service):
        with pytest.raises(NotAllowed):
            model_install(actor=person, model_version=candidate, reason="Quickly.")


def test_nothing_is_installed_once_one_was_in_force(candidate, superuser):
    second = twin(candidate)
    scenarios.install(candidate)
    with pytest.raises(Conflict, match="needs an approval"):
        scenarios.install(second)
    scenarios.approved_step(model_retire, superuser, candidate)
    with pytest.raises(Conflict, match="needs an approval"):
        scenarios.install(second)


def test_finobs_itself_does_not_promote_without_a_person(candidate):
    request = asked(model_promote, system_actor("train"), candidate)
    assert request.state == RequestState.PENDING


def test_a_requester_who_may_no_longer_does_not_get_it_carried_out(candidate, lead):
    person = factories.user("Former Admin", role="admin")
    request = asked(model_promote, person, candidate)
    person.groups.clear()
    with pytest.raises(Conflict, match="could not be carried out"):
        decide(lead, request)
    candidate.refresh_from_db()
    assert candidate.stage == ModelStage.CANDIDATE
