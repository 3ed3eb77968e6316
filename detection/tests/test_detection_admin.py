"""The back office of detection: what finobs wrote is read and never changed, and steps are the services' own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib import admin as back_office
from django.urls import reverse

from detection.choices import ModelStage
from detection.models import (
    Alert,
    Assessment,
    LateBatch,
    ModelVersion,
    Reassessment,
    ReassessmentRun,
    Rule,
    TrainingRun,
)
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import selected, signed_in
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db
READ_ONLY = (Alert, LateBatch, Reassessment)
USD = {"currency": "USD", "review_at": "10000.00", "block_at": "50000.00"}


@pytest.fixture
def rows(db: None) -> dict[type, Any]:
    """One of each model that the back office shows."""
    alert, rule = factories.alert(), Rule.objects.get()
    brought, version = factories.transaction(of=alert.account), factories.model_version()
    run = ReassessmentRun.objects.create(
        source=brought.source,
        as_of=brought.pk,
        requested_by=system_actor("reassess"),
        state="done",
        ended_at=clock.now(),
    )
    Assessment.objects.create(transaction=alert.transaction, outcome="review", assessed_at=clock.now())
    reassessment = Reassessment.objects.create(
        transaction=alert.transaction, run=run, batch=brought.batch, outcome_before="approve", outcome="review",
        score_before=0.25, score=0.75, model_version=version, feature_set="account-1", features=b"\x01secret",
        digest="0" * 64, alert=alert,
    )  # fmt: skip
    late = LateBatch.objects.create(batch=brought.batch, source=brought.source, run=run, late=1, touched=1)
    training = TrainingRun.objects.create(
        role="anomaly", parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=system_actor("train")
    )
    return {
        Alert: alert, ModelVersion: version, ReassessmentRun: run, Reassessment: reassessment, LateBatch: late,
        TrainingRun: training, Rule: rule,
    }  # fmt: skip


def address(model: type, page: str, *arguments: Any) -> str:
    return reverse(f"admin:detection_{model.__name__.lower()}_{page}", args=arguments)


def test_every_model_of_the_back_office_has_a_row_here(rows):
    shown = {model for model in back_office.site._registry if model._meta.app_label == "detection"}
    assert shown == set(rows)


@pytest.mark.parametrize("model", [Alert, ModelVersion, ReassessmentRun, Reassessment, LateBatch, TrainingRun, Rule])
def test_lists_and_pages_of_the_back_office_are_shown(model, rows, superuser):
    client = signed_in(superuser)
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", rows[model].pk)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_finobs_wrote_is_neither_added_nor_changed_nor_deleted(model, rows, superuser):
    client, events = signed_in(superuser), Event.objects.count()
    before = model.objects.filter(pk=rows[model].pk).values().get()
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "add"), {}).status_code == 403
    for page in ("change", "delete"):
        assert (
            client.post(address(model, page, rows[model].pk), {"post": "yes", "outcome": "approve"}).status_code == 403
        )
    assert model.objects.filter(pk=rows[model].pk).values().get() == before
    assert Event.objects.count() == events
    text = client.get(address(model, "change", rows[model].pk)).content.decode()
    assert 'name="_save"' not in text


@pytest.mark.parametrize("model", [ModelVersion, ReassessmentRun, TrainingRun])
def test_versions_and_runs_are_not_added_by_hand(model, rows, superuser):
    assert signed_in(superuser).get(address(model, "add")).status_code == 403
    assert signed_in(superuser).post(address(model, "delete", rows[model].pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["analyst", "lead", "auditor", "stranger"])
def test_who_is_no_staff_does_not_enter_the_back_office(name, rows, request):
    client = signed_in(request.getfixturevalue(name))
    for model in rows:
        assert client.get(address(model, "changelist")).status_code in (302, 403)


def test_the_back_office_shows_no_artefact_no_explanation_and_no_vector(rows, superuser):
    client = signed_in(superuser)
    Alert.objects.update(explanation={"model": "told-elsewhere"})
    hidden = {ModelVersion: "field-artefact", Alert: "told-elsewhere", Reassessment: "field-features"}
    for model, text in hidden.items():
        assert text not in client.get(address(model, "change", rows[model].pk)).content.decode()
    assert (
        f"/alert/{rows[Alert].pk}/"
        not in client.get(address(Reassessment, "change", rows[Reassessment].pk)).content.decode()
    )


def test_a_version_is_changed_by_no_form(rows, superuser):
    version = rows[ModelVersion]
    before = ModelVersion.objects.filter(pk=version.pk).values().get()
    signed_in(superuser).post(address(ModelVersion, "change", version.pk), {"threshold": "0.1", "stage": "champion"})
    assert ModelVersion.objects.filter(pk=version.pk).values().get() == before


@pytest.mark.parametrize(
    ("step", "stage"),
    [("shadow", ModelStage.SHADOW), ("challenge", ModelStage.CHALLENGER), ("retire", ModelStage.RETIRED)],
)
def test_a_step_is_taken_for_the_versions_that_were_chosen_alone(step, stage, rows, superuser):
    chosen, other = rows[ModelVersion], factories.model_version()
    body = {"action": step, **selected(chosen), "reason": "Because of March."}
    signed_in(superuser).post(address(ModelVersion, "changelist"), body)
    stages = {each.pk: each.stage for each in ModelVersion.objects.all()}
    assert (stages[chosen.pk], stages[other.pk]) == (stage, ModelStage.CANDIDATE)
    assert last_event(f"model.{step}")["data"]["reason"] == "Because of March."


def test_the_form_of_a_rule_begins_with_its_newest_version(rows, superuser):
    rule = rows[Rule]
    text = signed_in(superuser).get(address(Rule, "change", rule.pk)).content.decode()
    assert "10000.00" in text
    assert f'name="version" value="{rule.version}"' in text
    assert 'name="slug"' not in text


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"parameters": "{"}, 200, "Enter a valid JSON."), ({"reason": ""}, 200, "required"),
        ({"parameters": json.dumps(USD | {"review_at": "0"})}, 422, "greater than zero"),
        ({"version": "7"}, 409, "has changed since you looked at it"),
        ({"parameters": json.dumps(USD)}, 422, "nothing would change"),
    ],
)  # fmt: skip
def test_a_change_of_a_rule_that_does_not_hold_is_said_on_its_form(changes, status, words, rows, superuser):
    rule = rows[Rule]
    rule.live.__class__.objects.filter(pk=rule.live_id).update(parameters=USD)
    body = {
        "parameters": json.dumps(USD | {"review_at": "9000"}),
        "reason": "Tuned.",
        "version": rule.version,
        **changes,
    }
    response = signed_in(superuser).post(address(Rule, "change", rule.pk), body)
    assert response.status_code == status
    assert words in response.content.decode()
    assert rule.versions.count() == 1


def test_a_rule_s_name_and_kind_stay_whatever_the_form_sends(rows, superuser):
    rule = rows[Rule]
    body = {
        "parameters": json.dumps(USD | {"review_at": "9000"}),
        "reason": "Tuned.",
        "version": "1",
        "slug": "mine",
        "name": "Mine",
    }
    assert signed_in(superuser).post(address(Rule, "change", rule.pk), body).status_code == 302
    changed = Rule.objects.get(pk=rule.pk)
    assert changed.live is not None
    assert (changed.slug, changed.name, changed.live.parameters["review_at"]) == (rule.slug, rule.name, "9000.00")
