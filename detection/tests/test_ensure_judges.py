"""A first file into a new installation is judged by rules at once, and by a model as soon as there is enough to learn."""

from __future__ import annotations

import pytest

from detection.choices import Stage
from detection.models import ModelVersion, Rule
from detection.services import ensure_judges, first, model_retire, rule_retire
from detection.tests import places
from finobs.ledger.models import Event
from transactions import hooks

pytestmark = pytest.mark.django_db


def test_without_any_rule_the_default_ones_come_into_force():
    ensure_judges()
    assert set(Rule.objects.values_list("slug", flat=True)) == {"large-amount-usd", "large-amount-eur"}
    assert Event.objects.filter(action="rule.create", actor_type="system").count() == 2
    assert not ModelVersion.objects.exists()


def test_rules_that_somebody_retired_stay_retired(superuser):
    ensure_judges()
    for rule in Rule.objects.all():
        rule_retire(actor=superuser, rule=rule, reason="Not ours")
    ensure_judges()
    assert not Rule.objects.filter(live__isnull=False).exists()


def test_the_first_model_comes_once_there_is_enough_to_learn_from(source, gathered, superuser, monkeypatch):
    monkeypatch.setattr(first, "ENOUGH", 2_000)
    places.arrived(source, places.habits(1_999, seed=3))
    ensure_judges()
    assert not ModelVersion.objects.exists()
    places.arrived(source, places.habits(1, seed=4))
    ensure_judges()
    ensure_judges()
    version = ModelVersion.objects.get()
    assert version.stage == Stage.CHAMPION
    places.agreed(model_retire, superuser, version)
    ensure_judges()
    assert ModelVersion.objects.count() == 1


def test_an_import_asks_for_it():
    assert ensure_judges in hooks._preparations
