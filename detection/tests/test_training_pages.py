"""Pages, API and admin of models and training runs."""

from __future__ import annotations

import pytest
from django.test import Client

from approvals.models import ApprovalRequest
from detection.choices import ModelRole
from detection.ml.registry import workflow
from detection.ml.registry.model_card import model_card
from detection.ml.registry.services import STAGE_SERVICES
from detection.ml.training.services import training_request
from detection.models import ModelVersion, TrainingRun
from detection.tests import scenarios
from detection.tests.test_model_stage import twin
from finobs.core import clock
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.worker import work
from tests.support.clients import if_match, selected

pytestmark = pytest.mark.django_db
PEOPLE = "finobs.accounts.backends.RolePermissionBackend"


def client_of(person):
    client = Client()
    client.force_login(person, backend=PEOPLE)
    return client


def page(person, address, **headers):
    response = client_of(person).get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def candidate(source, admin):
    scenarios.transactions(source, scenarios.usual_amounts(600))
    return scenarios.trained(actor=admin, source=source)


@pytest.fixture
def run(admin, source):
    return training_request(actor=admin, role=ModelRole.ANOMALY, source=source)


def test_asking_on_the_page_leads_to_the_run(admin, source):
    client = client_of(admin)
    assert "Share for review" in client.get("/detection/training/request/").content.decode()
    asked = {"role": "anomaly", "source": source.pk, "share": "0.01"}
    response = client.post("/detection/training/request/", asked)
    run = TrainingRun.objects.get()
    assert response["Location"] == f"/detection/training/{run.pk}/"
    assert (run.source, run.parameters["share"], run.requested_by) == (source, "0.01", admin)
    assert client.post("/detection/training/request/", asked)["Location"] == response["Location"]
    assert client.post("/detection/training/request/", {**asked, "share": "0.9"}).status_code == 422


def test_only_who_may_train_gets_the_form(analyst, lead):
    for person in (analyst, lead):
        assert client_of(person).get("/detection/training/request/").status_code == 403
        assert client_of(person).post("/detection/training/request/", {"role": "anomaly"}).status_code == 403
        assert "Train a candidate" not in page(person, "/detection/models/")


def test_the_fragment_asks_again_only_while_the_run_is_open(run, analyst, source):
    address = f"/detection/training/{run.pk}/"
    TrainingRun.objects.update(
        state=JobState.RUNNING, step="Fitting", done=1_020, total=2_000, started_at=run.created_at,
        lease_until=clock.now(),
    )  # fmt: skip
    fragment = page(analyst, address, **{"HX-Request": "true"})
    assert "<html" not in fragment
    assert 'hx-trigger="every 2s"' in fragment
    assert 'max="2000" value="1020"' in fragment
    assert "Fitting: 1,020 of 2,000" in fragment
    TrainingRun.objects.update(state=JobState.QUEUED, lease_until=None)
    scenarios.transactions(source, scenarios.usual_amounts(600))
    work(TrainingRun, run.pk)
    ended = page(analyst, address, **{"HX-Request": "true"})
    assert "every 2s" not in ended
    assert "ensemble v1" in ended


def test_the_page_of_training_works_without_scripts(run, analyst, admin):
    whole = page(analyst, f"/detection/training/{run.pk}/")
    assert "<html" in whole
    assert "Cancel the training run" not in whole
    assert "style=" not in whole
    cancelled = client_of(admin).post(f"/detection/training/{run.pk}/cancel/", {"reason": "A mistake."})
    assert cancelled.status_code == 302
    assert "A mistake." in page(analyst, f"/detection/training/{run.pk}/")
    assert client_of(admin).post(f"/detection/training/{run.pk}/cancel/", {}).status_code == 409
    assert "A mistake." in page(analyst, "/detection/training/?state=cancelled")
    assert "No training run matches" in page(analyst, "/detection/training/?state=done")


def test_the_list_of_models_shows_what_is_being_trained_and_what_was_measured(run, candidate, analyst):
    ModelVersion.objects.update(metrics={**candidate.metrics, "auc": 0.9123, "average_precision": 0.7})
    shown = page(analyst, "/detection/models/?role=anomaly")
    for text in (f"Training run {run.pk}", "every 2s", "0.9123", "0.7000", "Anomaly"):
        assert text in shown
    assert candidate.sha256 not in page(analyst, "/detection/models/?role=supervised")


def test_the_card_says_what_is_known_and_who_did_what(candidate, superuser, analyst):
    scenarios.approved_step(STAGE_SERVICES["promote"], superuser, candidate, "Good enough.")
    shown = page(analyst, f"/detection/models/{candidate.pk}/")
    digest = candidate.parameters["feature_digest"]
    for text in (candidate.sha256, digest, "Anomaly", "Good enough.", superuser.name, "30 days", "Champion"):
        assert text in shown
    assert "What to do with it" not in shown


def test_limits_are_said_from_facts(candidate):
    assert any("source cards only" in limit for limit in model_card(candidate).limits)
    assert not any("Nobody can say" in limit for limit in model_card(candidate).limits)
    too_few = twin(
        candidate, role=ModelRole.SUPERVISED, metrics={"not_judged": "Too few.", "threshold_from": "rows that"}
    )
    said = model_card(too_few)
    assert any("Nobody can say yet how good it is" in limit for limit in said.limits)
    assert ("Not judged", "Too few.") in said.figures
    assert said.size == len(bytes(candidate.artefact))


def test_buttons_are_the_steps_of_the_table(candidate, admin):
    shown = page(admin, f"/detection/models/{candidate.pk}/")
    for step in workflow.HUMAN_STEPS:
        assert (f"/detection/models/{candidate.pk}/{step.action}/" in shown) == (candidate.stage in step.sources)


def test_the_page_says_that_it_was_sent_for_approval(candidate, admin):
    response = client_of(admin).post(
        f"/detection/models/{candidate.pk}/promote/", {"reason": "Good", "version": 1}, follow=True
    )
    assert "sent for approval" in response.content.decode()
    panel = page(admin, f"/approvals/panel/detection.modelversion/{candidate.pk}/")
    assert candidate.sha256 in panel
    assert ApprovalRequest.objects.get().payload == {"reason": "Good"}


def test_a_refused_step_says_why_beside_the_form(candidate, admin):
    client = client_of(admin)
    assert client.post(f"/detection/models/{candidate.pk}/retire/", {"reason": "Old", "version": 1}).status_code == 302
    again = client.post(f"/detection/models/{candidate.pk}/retire/", {"version": 2})
    assert again.status_code == 409
    assert "not possible for a model that is retired" in again.content.decode()


def post(person, path, seen=None, **body):
    headers = {"Idempotency-Key": "k-1", **(if_match(seen) if seen else {})}
    return client_of(person).post(path, body, content_type="application/json", headers=headers)


def test_machines_take_the_same_steps(candidate, admin, analyst):
    path = f"/api/v1/models/{candidate.pk}"
    assert client_of(analyst).get(path).json()["actions"] == ["shadow", "challenge", "promote", "retire"]
    assert post(analyst, f"{path}/shadow").status_code == 403
    assert post(admin, f"{path}/shadow", candidate, reason="To see").json()["stage"] == "shadow"
    waits = post(admin, f"{path}/promote", candidate, reason="Better")
    assert waits.status_code == 202
    assert waits.json()["approval_request_id"] == ApprovalRequest.objects.get().pk
    assert post(admin, f"{path}/shadow", candidate).status_code == 409


def test_machines_ask_for_training_and_cancel_it(admin, analyst, source):
    assert post(analyst, "/api/v1/training-runs", role="anomaly").status_code == 403
    asked = post(admin, "/api/v1/training-runs", role="anomaly", source=source.slug, share="0.01")
    assert asked.status_code == 202
    found = client_of(analyst).get(f"/api/v1/training-runs/{asked.json()['id']}").json()
    assert (found["state"], found["source"], found["parameters"]["share"]) == ("queued", "cards", "0.01")
    assert client_of(analyst).get("/api/v1/training-runs?role=supervised").json()["results"] == []
    assert post(admin, "/api/v1/training-runs", role="oracle").status_code == 422
    assert post(admin, "/api/v1/training-runs", role="anomaly", source="nowhere").status_code == 404
    cancelled = post(admin, f"/api/v1/training-runs/{found['id']}/cancel", reason="Enough")
    assert (cancelled.json()["state"], cancelled.json()["error"]) == ("cancelled", "Enough")
    assert post(analyst, f"/api/v1/training-runs/{found['id']}/cancel").status_code == 403


def test_the_admin_offers_no_saving_of_what_nobody_can_change(candidate, admin):
    page = client_of(admin).get(f"/admin/detection/modelversion/{candidate.pk}/change/").content.decode()
    assert candidate.sha256 in page
    assert 'name="_save"' not in page
    assert 'name="_continue"' not in page


def test_the_admin_offers_the_same_steps(candidate, admin, run):
    client = client_of(admin)
    listed = client.get("/admin/detection/modelversion/").content.decode()
    assert [step.label in listed for step in workflow.HUMAN_STEPS] == [True] * len(workflow.HUMAN_STEPS)
    assert workflow.BY_ACTION["install"].label not in listed
    chosen = {"action": "promote", **selected(candidate), "reason": "Fewer false alerts."}
    assert "Sent for approval: 1" in client.post("/admin/detection/modelversion/", chosen, follow=True).content.decode()
    assert "Training run" in client.get("/admin/detection/trainingrun/").content.decode()
    client.post("/admin/detection/trainingrun/", {"action": "cancel", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert run.state == JobState.CANCELLED


def test_a_stranger_learns_nothing(run, candidate, stranger):
    client = client_of(stranger)
    for path in (f"/detection/training/{run.pk}/", "/detection/training/", f"/detection/models/{candidate.pk}/"):
        assert client.get(path).status_code in (403, 404)
