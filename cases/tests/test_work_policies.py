"""Policies of work as versioned documents: changed, reverted, refused by the path of what does not hold."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cases.models import WorkPolicy, WorkPolicyVersion
from cases.policies.in_force import content_in_force, policies_in_force, policy_in_force
from cases.policies.selectors import work_policies, work_policy_get
from cases.policies.shipped import CONTENTS
from cases.services import programme_create, work_policy_change, work_policy_revert
from finobs.accounts.models import User
from finobs.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from tests import factories
from tests.support.ledger_events import last_event
from tests.support.scenarios import PROGRAMME

pytestmark = pytest.mark.django_db
WHY = "The regulator asked for it."


def change(actor: User, slug: str, content: Any, **more: Any) -> WorkPolicyVersion:
    return work_policy_change(actor=actor, policy=work_policy_get(actor, slug), content=content, reason=WHY, **more)


def shipped(kind: str, slug: str = "") -> dict[str, Any]:
    return copy.deepcopy(CONTENTS[(kind, slug or kind)])


def refused(actor: User, slug: str, content: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refusal:
        change(actor, slug, content)
    return refusal.value.fields


def test_what_finobs_ships_is_in_force_until_somebody_changes_it(admin: User) -> None:
    assert [each.slug for each in work_policies(admin)] == [
        "aml", "fraud", "operations", "gathering", "routing", "assignment"
    ]  # fmt: skip
    content = shipped("gathering") | {"gap_hours": 48}
    version = change(admin, "gathering", content, version=1)
    assert (version.number, version.reason, version.created_by) == (1, WHY, admin)
    found = policy_in_force("gathering", "gathering")
    assert (found.number, found.version_id, found.content["gap_hours"]) == (1, version.pk, 48)
    data = last_event("work_policy.change")["data"]
    assert data["differences"] == [{"at": "gap_hours", "before": "24", "after": "48"}]
    assert len(data["digest"]) == 64


def test_every_shipped_document_has_the_form_of_its_kind(admin: User) -> None:
    for policy in work_policies(admin):
        with pytest.raises(Invalid, match="nothing would change"):
            change(admin, policy.slug, content_in_force(policy))


def test_a_stale_version_is_refused_also_of_what_had_no_row_when_it_was_looked_at(admin: User) -> None:
    unsaved = work_policy_get(admin, "assignment")
    change(admin, "assignment", shipped("assignment") | {"most_held": 5})
    with pytest.raises(Stale):
        work_policy_change(
            actor=admin, policy=unsaved, content=shipped("assignment") | {"most_held": 6}, reason=WHY, version=1
        )
    assert policy_in_force("assignment", "assignment").content["most_held"] == 5


def test_only_who_configures_changes_policies(analyst: User, lead: User, stranger: User) -> None:
    for person in (analyst, lead):
        with pytest.raises(NotAllowed):
            change(person, "assignment", shipped("assignment") | {"most_held": 5})
    with pytest.raises(NotAllowed):
        work_policies(stranger)
    with pytest.raises(NotFound):
        work_policy_get(analyst, "no-such")
    assert not WorkPolicy.objects.exists()


def test_an_earlier_version_and_what_finobs_ships_come_back_as_new_versions(admin: User) -> None:
    for most in (5, 7):
        change(admin, "assignment", shipped("assignment") | {"most_held": most})
    policy = work_policy_get(admin, "assignment")
    assert work_policy_revert(actor=admin, policy=policy, number=1, reason=WHY).number == 3
    assert policy_in_force("assignment", "assignment").content["most_held"] == 5
    assert work_policy_revert(actor=admin, policy=policy, number=0, reason=WHY).number == 4
    assert policy_in_force("assignment", "assignment").content == CONTENTS[("assignment", "assignment")]
    assert last_event("work_policy.revert")["data"]["reverts_to"] == 0
    with pytest.raises(Invalid) as refusal:
        work_policy_revert(actor=admin, policy=policy, number=9, reason=WHY)
    assert "number" in refusal.value.fields


def test_codes_are_never_removed_and_a_revert_leaves_newer_ones_inactive(admin: User) -> None:
    content = shipped("programme", "fraud")
    content["reason_codes"].append({"code": "mule_app", "label": "App", "dispositions": ["confirmed"]})
    change(admin, "fraud", content)
    fields = refused(admin, "fraud", shipped("programme", "fraud"))
    assert fields == {"content.reason_codes": ["Codes are never removed, only set inactive: mule_app."]}
    work_policy_revert(actor=admin, policy=work_policy_get(admin, "fraud"), number=0, reason=WHY)
    rows = {row["code"]: row for row in policy_in_force("programme", "fraud").content["reason_codes"]}
    assert rows["mule_app"]["active"] is False


def test_a_typology_is_of_one_programme(admin: User) -> None:
    content = shipped("programme", "fraud")
    content["typologies"].append({"code": "structuring", "label": "Structuring"})
    number = len(content["typologies"]) - 1
    assert refused(admin, "fraud", content) == {
        f"content.typologies.{number}.code": ["Anti-money laundering has this typology."]
    }


def test_fincen_s_subtypes_are_numbers_and_goaml_s_indicators_texts(admin: User) -> None:
    content = shipped("programme", "aml")
    content["typologies"][0] |= {"fincen_subtypes": ["many"], "goaml_indicators": [["a"]]}
    assert set(refused(admin, "aml", content)) == {
        "content.typologies.0.fincen_subtypes.0", "content.typologies.0.goaml_indicators.0"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "content", "path"),
    [
        ("routing", {"rules": [], "more": 1}, "content.more"),
        ("routing", {}, "content.rules"),
        ("routing", {"rules": [{"name": "A", "queue": "none", "when": {}}]}, "content.rules.0.queue"),
        ("routing", {"rules": [{"name": "A", "queue": "q", "when": {"colour": "red"}}]}, "content.rules.0.when.colour"),
        ("routing", {"rules": [{"name": "A", "queue": "q", "when": {"level": "alert"}}]}, "content.rules.0.when.level"),
        (
            "routing", {"rules": [{"name": "A", "queue": "q", "when": {"amount_min": "5"}}]},
            "content.rules.0.when.currency",
        ),
        (
            "routing", {"rules": [{"name": "A", "queue": "q", "when": {"amount_min": "x", "currency": "USD"}}]},
            "content.rules.0.when.amount_min",
        ),
        ("routing", {"rules": [{"name": "A", "queue": "q", "when": {"units": ["no"]}}]}, "content.rules.0.when.units.0"),
        (
            "routing", {"rules": [{"name": "A", "queue": "q", "when": {"programme": "no"}}]},
            "content.rules.0.when.programme",
        ),
        ("assignment", {"automatic": [], "most_held": -1, "absent": []}, "content.most_held"),
        ("assignment", {"automatic": [], "most_held": 1, "by": []}, "content.by"),
        (
            "assignment", {"automatic": [], "most_held": 1, "absent": [{"person": 10**9, "until": "2030-01-01"}]},
            "content.absent.0.person",
        ),
        ("gathering", {"by": "customer", "across_typologies": False, "gap_hours": 0, "sampled_percent": 0}, "content.gap_hours"),
        (
            "gathering",
            {"by": "customer", "across_typologies": False, "gap_hours": 1, "sampled_percent": 0, "escalate": [{}]},
            "content.escalate.0",
        ),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_by_its_path(admin: User, slug: str, content: Any, path: str) -> None:
    factories.queue("q")
    assert list(refused(admin, slug, content)) == [path]
    assert not WorkPolicy.objects.exists()


def test_a_new_programme_has_words_of_its_own(admin: User, analyst: User) -> None:
    content = {**PROGRAMME, "typologies": [{"code": "tax_evasion", "label": "Tax evasion", "fincen_subtypes": [812]}]}
    version = programme_create(actor=admin, slug="tax", content=content, reason=WHY)
    assert (version.number, version.policy.name) == (1, "Tax")
    assert ("programme", "tax") in policies_in_force()
    from cases.policies.programmes import programme_of

    assert programme_of("tax_evasion").slug == "tax"
    for slug in ("tax", "routing"):
        with pytest.raises(Conflict):
            programme_create(actor=admin, slug=slug, content=PROGRAMME, reason=WHY)
    with pytest.raises(Invalid):
        programme_create(actor=admin, slug="not a slug", content=PROGRAMME, reason=WHY)
    with pytest.raises(NotAllowed):
        programme_create(actor=analyst, slug="other", content=PROGRAMME, reason=WHY)
