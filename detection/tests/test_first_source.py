"""A new installation assesses from its first row on, however its first source is made; readiness says what does not."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from detection import bootstrap, tasks
from detection.choices import ModelStage
from detection.models import Alert, ModelVersion, Rule, TrainingRun
from detection.rules.services import rule_create, rule_retire
from detection.tests import scenarios
from finobs.accounts.models import User
from finobs.core import health, schedule
from finobs.ledger.models import Event
from finobs.settings.env import BASE_DIR
from tests import factories
from transactions.models import Source
from transactions.services import source_change, source_create

pytestmark = pytest.mark.django_db
DEFAULT_RULES = {"large-amount-usd", "large-amount-eur"}


def by_service(admin: User, tmp_path: Any) -> None:
    source_create(actor=admin, slug="cards")


def by_api(admin: User, tmp_path: Any) -> None:
    client = Client()
    client.force_login(admin)
    assert client.post("/api/v1/sources", {"slug": "cards"}, content_type="application/json").status_code == 201


def by_the_admin(admin: User, tmp_path: Any) -> None:
    client = Client()
    client.force_login(admin)
    form = {"slug": "cards", "name": "Cards", "time_zone": "UTC", "mapping": "{}", "is_active": "on"}
    assert client.post(reverse("admin:transactions_source_add"), form).status_code == 302


def by_command(admin: User, tmp_path: Any) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "external_id,account,occurred_at,amount,currency,direction\nT-1,A-1,2026-03-01T10:00:00Z,5.00,EUR,out\n"
    )
    call_command("import_transactions", file, source="cards", create_source=True, no_progress=True, verbosity=0)


WAYS: tuple[Callable[[User, Any], None], ...] = (by_service, by_api, by_the_admin, by_command)


@pytest.mark.parametrize("make", WAYS)
def test_the_default_rules_are_in_force_before_the_first_source_sends_anything(make, admin, tmp_path):
    assert not Rule.objects.exists()
    make(admin, tmp_path)
    assert set(Rule.objects.filter(live__isnull=False).values_list("slug", flat=True)) == DEFAULT_RULES
    acts = list(Event.objects.filter(action__in=["rule.create", "source.create"]).order_by("id"))
    assert [(event.action, event.actor_type == "system") for event in acts[:2]] == [("rule.create", True)] * 2
    assert acts[2].action == "source.create"


def test_what_comes_in_by_api_first_of_all_is_assessed(admin, gathered):
    by_api(admin, None)
    row = {
        "external_id": "T-1",
        "account": "A-1",
        "occurred_at": "2026-03-02T12:00:00Z",
        "amount": "75000",
        "currency": "EUR",
    }
    client = Client()
    client.force_login(admin)
    answer = client.post(
        "/api/v1/transactions", json.dumps({"source": "cards", "transactions": [row]}),
        content_type="application/json", headers={"Idempotency-Key": "first"},
    )  # fmt: skip
    assert answer.status_code in (200, 201), answer.content
    assert [result["outcome"] for result in answer.json()["results"]] == ["block"]
    assert Alert.objects.count() == 1


def test_sources_are_made_in_one_place():
    """Another way to make one would not bring the rules."""
    makers = set()
    for room in ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents"):
        for path in (BASE_DIR / room).rglob("*.py"):
            if {"tests", "migrations"} & set(path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Source", "Source.objects.create",
                                                                             "Source.objects.get_or_create"):  # fmt: skip
                    makers.add(str(path.relative_to(BASE_DIR)))
    assert makers == {"transactions/services/source.py"}


def test_rules_that_an_administrator_retired_do_not_come_back_with_another_source(admin):
    source_create(actor=admin, slug="cards")
    for rule in Rule.objects.all():
        rule_retire(actor=admin, rule=rule, reason="Not ours at all.")
    source_create(actor=admin, slug="wires")
    tasks.detectors_ensure()
    assert not Rule.objects.filter(live__isnull=False).exists()


def test_by_the_clock_an_installation_without_any_rule_gets_them_with_its_source(admin, source):
    Source.objects.all().delete()
    tasks.detectors_ensure()
    assert not Rule.objects.exists()
    factories.source("old")
    tasks.detectors_ensure()
    assert set(Rule.objects.values_list("slug", flat=True)) == DEFAULT_RULES


def test_by_the_clock_the_first_model_comes_once_the_api_has_brought_enough(source, gathered, monkeypatch):
    monkeypatch.setattr(bootstrap, "MIN_TRANSACTIONS", 600)
    scenarios.transactions(source, scenarios.usual_amounts(599))
    tasks.detectors_ensure()
    assert not TrainingRun.objects.exists()
    scenarios.transactions(source, scenarios.usual_amounts(1, seed=4))
    tasks.detectors_ensure()
    tasks.detectors_ensure()
    assert ModelVersion.objects.get().stage == ModelStage.CHAMPION


def test_the_clock_asks_for_it_each_minute():
    task = next(each for each in schedule.registered() if each.task == "detection.tasks.detectors_ensure")
    assert task.every == 60


def detection() -> health.CheckResult:
    return health.results()["detection"]


def test_readiness_names_the_sources_that_nothing_assesses(admin, client):
    assert detection().status == "ok"
    source = source_create(actor=admin, slug="cards", default_currency="EUR")
    assert (detection().status, "In force: rules 2, no model" in detection().detail) == ("ok", True)
    source_create(actor=admin, slug="sterling", default_currency="GBP")
    assert detection() == health.CheckResult(
        health.Status.DEGRADED, "No rule and no model assesses what comes in from sterling."
    )
    for rule in Rule.objects.all():
        rule_retire(actor=admin, rule=rule, reason="A drill of ours.")
    client.force_login(factories.user("Sue Superuser", is_superuser=True))
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["checks"]["detection"]["detail"].endswith("comes in from cards, sterling.")
    rule_create(
        actor=admin, slug="own", name="Own", kind="amount", typology="large_amount", source=source,
        parameters={"currency": "EUR", "review_at": "10", "block_at": "20"},
    )  # fmt: skip
    assert detection().detail.endswith("comes in from sterling.")
    source_change(actor=admin, source=Source.objects.get(slug="sterling"), is_active=False)
    assert detection().status == "ok"


def test_a_model_in_force_assesses_every_source(admin, source, gathered):
    scenarios.transactions(source, scenarios.usual_amounts(600))
    assert detection().status == "degraded"
    version = scenarios.trained(actor=admin)
    ModelVersion.objects.filter(pk=version.pk).update(stage=ModelStage.CHAMPION)
    assert (detection().status, detection().detail) == ("ok", "In force: rules 0, models 1.")
