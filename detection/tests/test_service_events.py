"""What acts on models and rules say, which row they lock, and that the other of two is left as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.choices import ModelStage
from detection.ml.registry import services
from detection.models import ModelVersion, Rule
from detection.rules.services import rule_change, rule_create, rule_retire
from detection.tests import scenarios
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from tests import factories
from tests.support.ledger_events import event_bodies, last_event
from tests.support.locks import locked_models
from transactions.models import Source

pytestmark = pytest.mark.django_db
LIMITS = {"currency": "USD", "review_at": "100.00", "block_at": None}


@pytest.fixture
def versions(db: None) -> list[ModelVersion]:
    """The second of two is meant; both are candidates of one role."""
    return [factories.model_version(role="anomaly", kind="anomaly", feature_set="account-1") for _ in range(2)]


def stages(*versions: ModelVersion) -> list[str]:
    return [ModelVersion.objects.get(pk=version.pk).stage for version in versions]


@pytest.mark.parametrize(("act", "stage"), [("shadow", ModelStage.SHADOW), ("challenge", ModelStage.CHALLENGER)])
def test_a_step_of_one_version_says_which_and_from_where(
    versions: list[ModelVersion], superuser: User, act: str, stage: str
) -> None:
    step: Callable[..., Any] = getattr(services, f"model_{act}")
    with locked_models() as labels:
        step(actor=superuser, model_version=versions[1], reason=" To compare. ")
    assert labels[0] == "detection.modelversion"
    assert stages(*versions) == [ModelStage.CANDIDATE, stage]
    event = last_event(f"model.{act}")
    assert event["data"] == {
        "model": str(versions[1]), "sha256": versions[1].sha256, "before": "candidate", "reason": "To compare.",
    }  # fmt: skip
    assert event["subject"] == {"type": "detection.modelversion", "id": str(versions[1].pk)}
    assert versions[1].history.latest().history_user == superuser


def test_a_new_challenger_retires_the_one_of_its_role_and_no_other(
    versions: list[ModelVersion], superuser: User
) -> None:
    of_another_role = factories.model_version(role="supervised", kind="supervised", stage=ModelStage.CHALLENGER)
    for version in versions:
        services.model_challenge(actor=superuser, model_version=version)
    assert stages(*versions, of_another_role) == [ModelStage.RETIRED, ModelStage.CHALLENGER, ModelStage.CHALLENGER]
    (retired,) = event_bodies("model.retire")
    assert retired["data"] == {
        "model": str(versions[0]), "sha256": versions[0].sha256, "before": "challenger",
        "reason": f"replaced by {versions[1]}",
    }  # fmt: skip


def test_a_first_model_says_that_it_was_installed(versions: list[ModelVersion]) -> None:
    services.model_install(actor=system_actor("demo"), model_version=versions[1], reason="The first.")
    assert last_event("model.install")["data"]["reason"] == "The first."
    assert stages(*versions) == [ModelStage.CANDIDATE, ModelStage.CHAMPION]


def test_an_approved_promotion_names_its_approval(versions: list[ModelVersion], superuser: User) -> None:
    promoted = scenarios.approved_step(services.model_promote, superuser, versions[1])
    request = event_bodies("approval.request")[-1]["subject"]["id"]
    event = last_event("model.promote")
    assert event["data"] == {
        "model": str(promoted), "sha256": promoted.sha256, "before": "candidate", "reason": "Better",
        "approval": request,
    }  # fmt: skip
    assert event["actor"]["id"] == str(superuser.pk)


@pytest.fixture
def rules(superuser: User) -> list[Rule]:
    values: dict[str, Any] = {"kind": "amount", "typology": "large_amount", "parameters": LIMITS, "reason": "To begin."}
    return [rule_create(actor=superuser, slug=slug, name=slug, **values) for slug in ("first", "second")]


def test_a_rule_says_all_that_it_begins_with(rules: list[Rule], superuser: User, source: Source) -> None:
    bodies = event_bodies("rule.create")
    assert [body["data"] for body in bodies] == [
        {"rule": rule.slug, "kind": "amount", "typology": "large_amount", "parameters": LIMITS, "version": 1,
         "reason": "To begin.", "source": None}
        for rule in rules
    ]  # fmt: skip
    rule_create(
        actor=superuser, slug="third", name="Third", kind="amount", typology="large_amount", parameters=LIMITS,
        reason="For cards.", source=source,
    )  # fmt: skip
    assert last_event("rule.create")["data"]["source"] == source.slug


def test_a_change_of_one_rule_says_from_which_version_and_leaves_the_other(rules: list[Rule], superuser: User) -> None:
    limits = {**LIMITS, "review_at": "250.00"}
    with locked_models() as labels:
        rule_change(actor=superuser, rule=rules[1], parameters=limits, reason="Tuned.")
    assert labels[0] == "detection.rule"
    assert last_event("rule.change")["data"] == {
        "rule": "second", "version": 2, "before": LIMITS, "parameters": limits, "reason": "Tuned.",
    }  # fmt: skip
    live = Rule.objects.order_by("slug").values_list("slug", "live__number")
    assert list(live) == [("first", 1), ("second", 2)]


def test_a_retired_rule_says_which_version_it_was(rules: list[Rule], superuser: User) -> None:
    rule_change(actor=superuser, rule=rules[1], parameters={**LIMITS, "review_at": "1.00"}, reason="Tuned.")
    rule_retire(actor=superuser, rule=rules[1], reason="Noisy.")
    event = last_event("rule.retire")
    assert (event["data"], event["subject"]["id"]) == ({"version": 2, "reason": "Noisy."}, str(rules[1].pk))
    assert [rule.live is None for rule in Rule.objects.order_by("slug")] == [False, True]
