"""Rules beside one another: of two sources, of two currencies, in force and not; read, filtered and changed one by one."""

from __future__ import annotations

from typing import Any

import pytest

from detection.choices import ModelRole, ModelStage, RuleKind, Typology
from detection.models import Alert, Rule, RuleVersion
from detection.pipeline.active import active_detectors
from detection.pipeline.assess import assess
from detection.rules import selectors
from detection.rules.filters import RuleFilter
from detection.rules.services import ensure_default_rules, rule_change, rule_create, rule_retire
from detection.tests import factories as detection_factories
from detection.tests import scenarios
from finobs.core.errors import Invalid, NotAllowed, NotFound, Stale
from tests import factories
from tests.support.clients import signed_in
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db
USD = {"currency": "USD", "review_at": "10000.00", "block_at": "50000.00"}


def rule(actor: Any, slug: str, **fields: Any) -> Rule:
    values = {"name": slug.title(), "kind": RuleKind.AMOUNT, "typology": Typology.LARGE_AMOUNT, "parameters": USD}
    return rule_create(actor=actor, slug=slug, **{**values, **fields})


@pytest.fixture
def wires(db):
    return factories.source("wires")


@pytest.fixture
def rules(admin, source, wires):
    """One of every source, one of each source, and one that was retired: out of order by name."""
    made = {
        "every": rule(admin, "every", typology=Typology.STRUCTURING),
        "cards-only": rule(admin, "cards-only", source=source),
        "wires-only": rule(admin, "wires-only", source=wires, parameters=USD | {"review_at": "1.00"}),
        "gone": rule(admin, "gone", typology=Typology.STRUCTURING),
    }
    made["gone"] = rule_retire(actor=admin, rule=made["gone"], reason="Too noisy.")
    return made


def slugs(source):
    return [each.slug for each in active_detectors(source).rules]


def test_a_source_has_its_own_rules_and_those_of_every_source(rules, source, wires):
    assert slugs(source) == ["cards-only", "every"]
    assert slugs(wires) == ["every", "wires-only"]
    assert slugs(factories.source()) == ["every"]


def test_an_active_rule_is_its_newest_version(rules, admin, source):
    version = rule_change(actor=admin, rule=rules["every"], parameters=USD | {"block_at": "60000"}, reason="Tuned.")
    active = active_detectors(source).rules[1]
    assert (active.version_id, active.number, active.slug) == (version.pk, 2, "every")
    assert (active.kind, active.typology) == (RuleKind.AMOUNT, Typology.STRUCTURING)
    assert active.parameters == USD | {"block_at": "60000.00"}


def test_a_rule_of_one_source_raises_no_alert_in_another(rules, source, wires, gathered):
    (card,) = scenarios.transactions(source, [500])
    (wire,) = scenarios.transactions(wires, [500])
    for row in (card, wire):
        assess(batch=row.batch, transactions=[row])
    assert list(Alert.objects.values_list("transaction_id", "rule_version__rule__slug")) == [(wire.pk, "wires-only")]


def test_models_of_each_stage_are_active_by_role_and_age(source):
    anomaly, supervised = (
        detection_factories.model_version(role, stage=ModelStage.CHAMPION)
        for role in (ModelRole.ANOMALY, ModelRole.SUPERVISED)
    )
    watching = detection_factories.model_version(stage=ModelStage.SHADOW)
    challenger = detection_factories.model_version(stage=ModelStage.CHALLENGER)
    for stage in (ModelStage.CANDIDATE, ModelStage.RETIRED):
        detection_factories.model_version(stage=stage)
    active = active_detectors(source)
    assert (active.champions, active.shadow) == ([supervised, anomaly], [watching, challenger])
    assert [each.threshold for each in active.champions] == [supervised.threshold, anomaly.threshold]


def test_what_decides_is_read_in_one_statement(rules, source, django_assert_num_queries):
    with django_assert_num_queries(1):
        active_detectors(source)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["cards-only", "every", "gone", "wires-only"]),
        ({"typology": Typology.STRUCTURING}, ["every", "gone"]),
        ({"typology": Typology.LARGE_AMOUNT}, ["cards-only", "wires-only"]),
        ({"typology": Typology.DORMANT}, []),
        ({"kind": RuleKind.AMOUNT}, ["cards-only", "every", "gone", "wires-only"]),
        ({"in_force": "true"}, ["cards-only", "every", "wires-only"]),
        ({"in_force": "false"}, ["gone"]),
        ({"in_force": "false", "typology": Typology.LARGE_AMOUNT}, []),
    ],
)
def test_rules_are_filtered_alike_on_the_page_and_for_machines(query, names, rules, analyst):
    filtered = RuleFilter(query, queryset=selectors.rules_visible(analyst).order_by("slug")).qs
    assert [each.slug for each in filtered] == names
    machine = signed_in(analyst).get("/api/v1/rules", query).json()["results"]
    assert sorted(each["slug"] for each in machine) == names
    page = signed_in(analyst).get("/detection/rules/", query).content.decode()
    assert [slug for slug in sorted(rules) if f"/detection/rules/{slug}/" in page] == names


def test_machines_read_exactly_these_fields_of_a_rule(rules, analyst):
    client = signed_in(analyst)
    assert client.get("/api/v1/rules/cards-only").json() == {
        "slug": "cards-only", "name": "Cards-Only", "kind": "amount", "typology": "large_amount", "obligation": "",
        "source": "cards", "live": {"number": 1, "parameters": USD}, "version": 2,
    }  # fmt: skip
    every, gone = (client.get(f"/api/v1/rules/{slug}").json() for slug in ("every", "gone"))
    assert (every["source"], gone["source"], gone["live"]) == (None, None, None)
    assert client.get("/api/v1/rules/nowhere").status_code == 404


def test_a_rule_s_versions_are_its_own_with_the_alerts_of_each(rules, admin, analyst):
    rule_change(actor=admin, rule=rules["every"], parameters=USD | {"block_at": "60000"}, reason="Tuned.")
    first = RuleVersion.objects.get(rule=rules["every"], number=1)
    for version in (first, first, rules["cards-only"].live):
        raised = factories.alert()
        Alert.objects.filter(pk=raised.pk).update(rule_version=version)
    rows: Any = selectors.rule_versions(analyst, rules["every"])
    assert list(rows.values_list("number", "alert_count")) == [(2, 0), (1, 2)]
    machine = signed_in(analyst).get("/api/v1/rules/every/versions").json()["results"]
    assert [(row["number"], row["reason"], row["created_by"]) for row in machine] == [
        (2, "Tuned.", admin.name), (1, "", admin.name)
    ]  # fmt: skip
    assert machine[0]["parameters"] == USD | {"block_at": "60000.00"}


def test_a_change_of_one_rule_leaves_the_others_in_force(rules, admin):
    rule_change(actor=admin, rule=rules["cards-only"], parameters=USD | {"block_at": None}, reason="Tuned.")
    live = {each.slug: each.live.number if each.live else None for each in Rule.objects.select_related("live")}
    assert live == {"every": 1, "cards-only": 2, "wires-only": 1, "gone": None}


def test_each_step_of_a_rule_is_recorded_with_exactly_what_changed(rules, admin):
    rule_change(actor=admin, rule=rules["cards-only"], parameters=USD | {"block_at": None}, reason=" Tuned. ")
    assert [body["data"] for body in event_bodies("rule.create")][1] == {
        "rule": "cards-only", "kind": "amount", "typology": "large_amount", "parameters": USD, "version": 1, "reason": "",
        "source": "cards",
    }  # fmt: skip
    assert last_event("rule.change")["data"] == {
        "rule": "cards-only", "version": 2, "before": USD, "parameters": USD | {"block_at": None}, "reason": "Tuned.",
    }  # fmt: skip
    assert last_event("rule.retire")["data"] == {"version": 1, "reason": "Too noisy."}


def test_a_rule_that_was_retired_is_put_back_as_a_change_from_nothing(rules, admin):
    rule_change(actor=admin, rule=rules["gone"], parameters=USD, reason="Missed.")
    assert last_event("rule.change")["data"]["before"] is None
    assert Rule.objects.values_list("live__number", flat=True).get(slug="gone") == 2


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"slug": " ", "name": "New"}, {"slug": ["This field is required."]}),
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"slug": "s" * 61, "name": "n" * 121}, {"slug": ["At most 60 characters."], "name": ["At most 120 characters."]}),
        ({"typology": "odd"}, {"typology": ["There is no typology 'odd'."]}),
        ({"kind": "odd"}, {"kind": ["There is no kind of rule 'odd'."]}),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_made_is_refused_by_field(fields, wrong, admin):
    with pytest.raises(Invalid) as refusal:
        rule(admin, **{"slug": "new", **fields})
    assert refusal.value.fields == wrong
    assert not Rule.objects.exists()
    assert event_bodies("rule.create") == []


def test_texts_of_exactly_the_limit_hold(admin):
    made = rule(admin, "s" * 60, name="n" * 120)
    assert (made.slug, made.name) == ("s" * 60, "n" * 120)


@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_change_of_another_than_the_newest_version_is_a_conflict_that_says_so(version, rules, admin):
    rule_change(actor=admin, rule=rules["every"], parameters=USD | {"block_at": None}, reason="Tuned.")
    with pytest.raises(Stale, match="Every has changed since you looked at it, last by Ada Admin"):
        rule_change(actor=admin, rule=rules["every"], parameters=USD, reason="Back.", version=version)
    assert RuleVersion.objects.filter(rule=rules["every"]).count() == 2


def test_the_default_rules_are_completed_and_those_there_are_left_as_they_are(admin):
    rule(admin, "large-amount-usd", parameters=USD | {"review_at": "1.00"})
    assert [each.slug for each in ensure_default_rules(actor=admin)] == ["large-amount-eur"]
    live = {each.slug: each.live.parameters for each in Rule.objects.select_related("live") if each.live}
    assert live == {
        "large-amount-usd": USD | {"review_at": "1.00"},
        "large-amount-eur": {"currency": "EUR", "review_at": "10000.00", "block_at": "50000.00"},
    }


@pytest.mark.parametrize("person", ["analyst", "lead", "auditor", "stranger"])
def test_who_may_not_configure_changes_nothing_on_the_page_either(person, rules, request):
    client = signed_in(request.getfixturevalue(person))
    body = {**USD, "review_at": "1", "reason": "Mine.", "version": 1}
    for step in ("change", "retire"):
        assert client.post(f"/detection/rules/every/{step}/", body).status_code in (403, 404)
    assert Rule.objects.get(slug="every").live == rules["every"].live


def test_a_rule_is_retired_on_its_page_once(rules, admin):
    client = signed_in(admin)
    assert client.post("/detection/rules/every/retire/", {"reason": "", "version": 2}).status_code == 422
    assert client.post("/detection/rules/every/retire/", {"reason": "Noisy.", "version": 2}).status_code == 302
    assert client.post("/detection/rules/every/retire/", {"reason": "Noisy.", "version": 2}).status_code == 409
    assert Rule.objects.get(slug="every").live is None
    assert Rule.objects.get(slug="cards-only").live is not None


def test_a_stranger_is_told_of_no_rule(rules, stranger):
    for read in (lambda: selectors.rules_visible(stranger), lambda: selectors.rule_versions(stranger, rules["every"])):
        with pytest.raises((NotAllowed, NotFound)):
            list(read())
