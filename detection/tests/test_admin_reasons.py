"""Actions of the admin whose services want a reason ask for it: nowhere does finobs write one in somebody's name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.text import capfirst

from approvals.models import ApprovalRequest
from detection.choices import ModelStage
from detection.ml.training.services import training_request
from detection.models import Rule, TrainingRun
from finobs.core.jobs.choices import JobState
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import selected

pytestmark = pytest.mark.django_db
REFUSAL = "Say why, in at least 3 characters."
REASON = "Too many false alerts since March."


def act(person: Any, model: str, action: str, rows: Any, **typed: str) -> str:
    client = Client()
    client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    body = {"action": action, **selected(*rows), **typed}
    response = client.post(reverse(f"admin:detection_{model}_changelist"), body, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def data_of(action: str) -> list[dict[str, Any]]:
    events = Event.objects.filter(action=action).order_by("pk")
    return [json.loads(bytes(event.body))["data"] for event in events]


@pytest.fixture
def rules(db):
    return [factories.rule_version().rule, factories.rule_version().rule]


@pytest.fixture
def versions(db):
    return [factories.model_version(), factories.model_version()]


@pytest.mark.parametrize("model", ["rule", "modelversion", "trainingrun"])
def test_the_list_asks_for_a_reason(admin, rules, versions, model):
    training_request(actor=admin, role="anomaly")
    page = act(admin, model, "", [])
    assert 'name="reason"' in page
    assert "Why" in page


@pytest.mark.parametrize("typed", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "no"}])
def test_rules_are_not_retired_without_a_reason(admin, rules, typed):
    page = act(admin, "rule", "retire", rules, **typed)
    assert page.count(f"Large amount: {REFUSAL}") == 2
    assert Rule.objects.filter(live=None).count() == 0
    assert data_of("rule.retire") == []


def test_every_rule_is_retired_with_the_reason_that_was_typed(admin, rules):
    assert "Deactivated: 2." in act(admin, "rule", "retire", rules, reason=f"  {REASON} ")
    assert [data["reason"] for data in data_of("rule.retire")] == [REASON, REASON]
    for rule in Rule.objects.all():
        assert (rule.live, rule.history.first().history_change_reason) == (None, REASON)
        assert rule.history.first().history_user == admin


def test_a_reason_that_is_too_long_is_refused_in_words(admin, rules):
    page = act(admin, "rule", "retire", rules[:1], reason="x" * 2_001)
    assert "Say why, in at most 2,000 characters." in page
    assert Rule.objects.filter(live=None).count() == 0


def test_models_are_not_proposed_without_a_reason(admin, versions):
    page = act(admin, "modelversion", "promote", versions)
    for version in versions:
        assert f"{capfirst(str(version))}: {REFUSAL}" in page
    assert not ApprovalRequest.objects.exists()


def test_approvers_read_the_reason_that_was_typed(admin, versions):
    assert "Sent for approval: 2." in act(admin, "modelversion", "promote", versions, reason=REASON)
    assert {request.payload["reason"] for request in ApprovalRequest.objects.all()} == {REASON}
    assert ApprovalRequest.objects.count() == 2


def test_the_model_in_force_is_not_taken_out_without_a_reason(admin):
    champion, watching = factories.model_version(stage=ModelStage.CHAMPION), factories.model_version()
    page = act(admin, "modelversion", "retire", [champion, watching])
    assert f"{capfirst(str(champion))}: {REFUSAL}" in page
    assert not ApprovalRequest.objects.exists()
    watching.refresh_from_db()
    assert watching.stage == ModelStage.RETIRED  # decides nothing: no reason is needed
    assert [data["reason"] for data in data_of("model.retire")] == [""]


def test_a_run_is_cancelled_with_the_reason_that_was_typed_or_with_none(admin):
    runs = [training_request(actor=admin, role=role) for role in ("anomaly", "supervised")]
    act(admin, "trainingrun", "cancel", runs[:1])
    act(admin, "trainingrun", "cancel", runs[1:], reason=REASON)
    assert [data["reason"] for data in data_of("training.cancel")] == ["", REASON]
    assert set(TrainingRun.objects.values_list("state", "error")) == {
        (JobState.CANCELLED, "Cancelled by Ada Admin."), (JobState.CANCELLED, REASON),
    }  # fmt: skip
