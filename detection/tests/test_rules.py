"""Rules: what may be said, who may say it, and what is kept of it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from detection.features.columns import Columns
from detection.models import Rule, RuleVersion
from detection.rules import scenarios
from detection.rules.services import ensure_default_rules, rule_change, rule_create, rule_retire
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound, Stale
from finobs.ledger.models import Event
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = {"currency": "USD", "review_at": "10000", "block_at": "50000"}


def make(actor, **fields):
    said = {"slug": "large", "name": "Large amount", "kind": "amount", "typology": "large_amount", "parameters": GOOD}
    return rule_create(actor=actor, **{**said, **fields})


def last_event():
    return json.loads(bytes(Event.objects.latest("id").body))


def test_a_new_rule_is_in_force_with_its_first_version(admin):
    rule = make(admin)
    assert (rule.live.number, rule.live.created_by) == (1, admin)
    assert rule.live.parameters == {"currency": "USD", "review_at": "10000.00", "block_at": "50000.00"}
    assert last_event()["action"] == "rule.create"
    assert last_event()["data"]["parameters"] == rule.live.parameters


def test_a_slug_is_taken_once(admin):
    make(admin)
    with pytest.raises(Conflict):
        make(admin)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "currency"),
        ({"currency": "XXQ", "review_at": "1"}, "currency"),
        ({"currency": "USD"}, "review_at"),
        ({"currency": "USD", "review_at": "NaN"}, "review_at"),
        ({"currency": "USD", "review_at": "1e400"}, "review_at"),
        ({"currency": "USD", "review_at": "0"}, "review_at"),
        ({"currency": "USD", "review_at": "-5"}, "review_at"),
        ({"currency": "USD", "review_at": 0.1}, "review_at"),
        ({"currency": "USD", "review_at": "1.005"}, "review_at"),
        ({"currency": "JPY", "review_at": "1.5"}, "review_at"),
        ({"currency": "USD", "review_at": "50", "block_at": "10"}, "block_at"),
        ({"currency": "USD", "review_at": "50", "velocity": "3"}, "velocity"),
        (["USD"], "parameters"),
    ],
)
def test_parameters_that_do_not_hold_are_refused_by_name(admin, parameters, field):
    with pytest.raises(Invalid) as refused:
        make(admin, parameters=parameters)
    assert field in refused.value.fields
    assert Rule.objects.count() == 0


def test_an_unknown_kind_and_typology_are_refused(admin):
    with pytest.raises(Invalid):
        make(admin, kind="horoscope")
    with pytest.raises(Invalid):
        make(admin, typology="bad_vibes")


@pytest.mark.parametrize("person", ["analyst", "lead", "auditor", "stranger"])
def test_only_who_may_configure_makes_rules(person, request):
    with pytest.raises((NotAllowed, NotFound)):
        make(request.getfixturevalue(person))
    assert Rule.objects.count() == 0


def test_a_change_is_a_new_version_and_the_old_one_stays(admin):
    rule = make(admin)
    made = rule_change(actor=admin, rule=rule, parameters=GOOD | {"review_at": "9000"}, reason="New law")
    rule.refresh_from_db()
    assert rule.live == made
    assert [version.parameters["review_at"] for version in rule.versions.all()] == ["9000.00", "10000.00"]
    data = last_event()["data"]
    assert (data["before"]["review_at"], data["parameters"]["review_at"]) == ("10000.00", "9000.00")
    assert data["reason"] == "New law"
    assert rule.history.first().history_user == admin


def test_a_change_needs_a_reason_and_a_difference(admin):
    rule = make(admin)
    with pytest.raises(Invalid):
        rule_change(actor=admin, rule=rule, parameters=GOOD | {"review_at": "9000"}, reason=" ")
    with pytest.raises(Invalid, match="nothing would change"):
        rule_change(actor=admin, rule=rule, parameters=GOOD, reason="Just so")
    assert RuleVersion.objects.count() == 1


def test_a_stale_change_is_a_conflict(admin):
    rule = make(admin)
    rule_change(actor=admin, rule=rule, parameters=GOOD | {"review_at": "9000"}, reason="First")
    with pytest.raises(Stale, match=r"has changed since you looked at it, last by Ada Admin: the version in force\."):
        rule_change(actor=admin, rule=rule, parameters=GOOD | {"review_at": "8000"}, reason="Second", version=2)
    assert rule.versions.count() == 2


def test_who_may_only_read_changes_nothing(admin, analyst):
    rule = make(admin)
    with pytest.raises(NotAllowed):
        rule_change(actor=analyst, rule=rule, parameters=GOOD | {"review_at": "1"}, reason="Mine")
    with pytest.raises(NotAllowed):
        rule_retire(actor=analyst, rule=rule, reason="Mine")


def test_a_retired_rule_can_be_put_back_by_a_version(admin):
    rule = rule_retire(actor=admin, rule=make(admin), reason="Too noisy")
    assert rule.live is None
    assert last_event()["data"] == {"version": 1, "reason": "Too noisy"}
    with pytest.raises(InvalidTransition):
        rule_retire(actor=admin, rule=rule, reason="Again")
    assert rule_change(actor=admin, rule=rule, parameters=GOOD, reason="Back").number == 2


def test_default_rules_are_made_once(admin):
    assert len(ensure_default_rules(actor=admin)) == 2
    assert ensure_default_rules(actor=admin) == []


def test_the_amount_rule_compares_exactly_at_the_limit():
    columns = Columns([999_999, 1_000_000, 1_000_001], ["USD"] * 3, [factories.NOON] * 3, ["out"] * 3)
    found = scenarios.evaluate("amount", columns, {"currency": "USD", "review_at": "10000.00", "block_at": None})
    assert sorted(found) == [1, 2]


def test_the_page_shows_versions_side_by_side_and_takes_a_new_one(admin):
    rule = make(admin)
    client = Client()
    client.force_login(admin, backend="finobs.accounts.backends.RolePermissionBackend")
    body = {"currency": "USD", "review_at": "9000", "block_at": "50000", "reason": "New law", "version": 2}
    answer = client.post(f"/detection/rules/{rule.slug}/change/", body, follow=True)
    assert answer.status_code == 200
    assert '<del class="diff-old">10000.00</del>' in answer.content.decode()
    stale = client.post(f"/detection/rules/{rule.slug}/change/", body | {"review_at": "7000"})
    assert stale.status_code == 409
    assert "7000" in stale.content.decode()
    assert 'name="version" value="3"' in stale.content.decode()
    wrong = client.post(f"/detection/rules/{rule.slug}/change/", body | {"review_at": "abc", "version": 3})
    assert wrong.status_code == 422


def test_the_page_offers_no_form_to_readers(admin, analyst):
    rule = make(admin)
    client = Client()
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    assert "Activate" not in client.get(f"/detection/rules/{rule.slug}/").content.decode()
    body = {"currency": "USD", "review_at": "9000", "reason": "Mine", "version": 1}
    assert client.post(f"/detection/rules/{rule.slug}/change/", body).status_code == 403


def test_the_api_lists_rules_and_takes_a_version(admin):
    rule = make(admin)
    client = Client()
    client.force_login(admin, backend="finobs.accounts.backends.RolePermissionBackend")
    assert client.get("/api/v1/rules").json()["results"][0]["live"]["number"] == 1
    path = f"/api/v1/rules/{rule.slug}"
    body = json.dumps({"parameters": GOOD | {"review_at": "9000"}, "reason": "New law"})
    headers = {"If-Match": client.get(path)["ETag"]}
    answer = client.post(f"{path}/versions", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["number"]) == (201, 2)
    stale = client.post(f"{path}/versions", body, content_type="application/json", headers=headers)
    assert stale.status_code == 412
    assert [each["number"] for each in client.get(f"/api/v1/rules/{rule.slug}/versions").json()["results"]] == [2, 1]


def test_the_admin_makes_and_changes_rules_through_the_services(superuser):
    client = Client()
    client.force_login(superuser, backend="finobs.accounts.backends.RolePermissionBackend")
    body = {
        "slug": "big", "name": "Big", "kind": "amount", "typology": "large_amount", "obligation": "", "source": "",
        "parameters": json.dumps(GOOD), "reason": "A start",
    }  # fmt: skip
    assert client.post("/admin/detection/rule/add/", body).status_code == 302
    rule = Rule.objects.get(slug="big")
    assert rule.versions.count() == 1
    changed = {"parameters": json.dumps(GOOD | {"review_at": "1"}), "reason": "More", "version": "2"}
    assert client.post(f"/admin/detection/rule/{rule.pk}/change/", changed).status_code == 302
    live = RuleVersion.objects.get(number=2)
    rule.refresh_from_db()
    assert rule.live == live
    assert live.parameters["review_at"] == "1.00"
