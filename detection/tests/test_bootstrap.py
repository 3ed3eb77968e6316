"""A first file into a new installation is assessed by rules at once, and by a model as soon as there is enough to learn."""

from __future__ import annotations

import pytest

from detection import bootstrap  # fmt: skip
from detection.bootstrap import ensure_default_detectors
from detection.choices import ModelStage
from detection.ml.registry.services import model_retire
from detection.ml.training.services import training_request
from detection.models import ModelVersion, Rule, TrainingRun
from detection.rules.services import rule_retire
from detection.tests import scenarios
from finobs.core.errors import Conflict
from finobs.core.jobs.worker import work
from finobs.ledger.models import Event
from tests import factories
from transactions import hooks

pytestmark = pytest.mark.django_db


def test_without_any_rule_the_default_ones_come_into_force():
    ensure_default_detectors()
    assert set(Rule.objects.values_list("slug", flat=True)) == {"large-amount-usd", "large-amount-eur"}
    assert Event.objects.filter(action="rule.create", actor_type="system").count() == 2
    assert not ModelVersion.objects.exists()


def test_rules_that_somebody_retired_stay_retired(superuser):
    ensure_default_detectors()
    for rule in Rule.objects.all():
        rule_retire(actor=superuser, rule=rule, reason="Not ours")
    ensure_default_detectors()
    assert not Rule.objects.filter(live__isnull=False).exists()


def test_the_first_model_comes_once_there_is_enough_to_learn_from(source, gathered, superuser, monkeypatch):
    monkeypatch.setattr(bootstrap, "MIN_TRANSACTIONS", 2_000)
    scenarios.transactions(source, scenarios.usual_amounts(1_999, seed=3))
    ensure_default_detectors()
    assert not ModelVersion.objects.exists()
    scenarios.transactions(source, scenarios.usual_amounts(1, seed=4))
    ensure_default_detectors()
    ensure_default_detectors()
    version = ModelVersion.objects.get()
    assert version.stage == ModelStage.CHAMPION
    scenarios.approved_step(model_retire, superuser, version)
    ensure_default_detectors()
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize("beginning", ["ensure_default_rules", "training_request"])
def test_two_imports_at_once_do_not_stop_one_another(beginning, source, gathered, monkeypatch):
    def beaten(**_: object) -> None:
        raise Conflict("Somebody else made the same in this moment.")

    monkeypatch.setattr(bootstrap, "MIN_TRANSACTIONS", 1)
    monkeypatch.setattr(bootstrap, beginning, beaten)
    scenarios.transactions(source, [1_000])
    ensure_default_detectors()
    assert not ModelVersion.objects.exists()


def test_an_import_asks_for_it():
    assert ensure_default_detectors in hooks._preparations


@pytest.fixture
def many(source, gathered, monkeypatch):
    monkeypatch.setattr(bootstrap, "MIN_TRANSACTIONS", 600)
    scenarios.transactions(source, scenarios.usual_amounts(600))


def test_the_first_model_stands_in_the_ledger_as_installed(many):
    ensure_default_detectors()
    acts = Event.objects.filter(action__in=["training.request", "model.train", "model.install", "model.promote"])
    assert list(acts.order_by("id").values_list("action", flat=True)) == [
        "training.request", "model.train", "model.install"
    ]  # fmt: skip
    assert TrainingRun.objects.get().state == "done"


def test_a_first_training_that_was_refused_is_not_tried_at_every_batch(source, gathered, monkeypatch):
    monkeypatch.setattr(bootstrap, "MIN_TRANSACTIONS", 600)
    scenarios.transactions(source, [5_000] * 600, occurred_at=factories.NOON)
    ensure_default_detectors()
    ensure_default_detectors()
    assert TrainingRun.objects.get().state == "failed"
    assert "everything" in TrainingRun.objects.get().error
    assert not ModelVersion.objects.exists()


def test_one_that_a_worker_finished_is_installed_at_the_next_batch(many, monkeypatch):
    with monkeypatch.context() as busy:
        busy.setattr(bootstrap, "work", lambda *_, **__: None)
        ensure_default_detectors()
    run = TrainingRun.objects.get()
    assert run.state == "queued"
    work(TrainingRun, run.pk)
    ensure_default_detectors()
    assert ModelVersion.objects.get().stage == ModelStage.CHAMPION


def test_what_somebody_is_training_is_left_to_them(many, admin):
    training_request(actor=admin, role="anomaly")
    ensure_default_detectors()
    assert TrainingRun.objects.get().requested_by == admin
    assert not ModelVersion.objects.exists()


def test_what_somebody_has_trained_is_left_to_them(many, admin):
    scenarios.trained(actor=admin)
    ensure_default_detectors()
    assert ModelVersion.objects.get().stage == ModelStage.CANDIDATE
