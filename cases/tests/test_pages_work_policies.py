"""The pages of policies: what is in force as tables, and a form for each kind, without JavaScript."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cases.models import Queue, WorkPolicy
from cases.policies.in_force import content_in_force, policy_in_force
from cases.policies.selectors import people_to_name, queues_to_name, work_policies
from cases.policy_forms import WorkPolicyForm
from cases.services import gather_alerts
from finobs.accounts.models import User
from finobs.core.errors import NotAllowed
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db
WHY = "The regulator asked for it."


def sent(form: Any, **typed: Any) -> dict[str, Any]:
    """What a browser posts of a form as it came, with what was typed; a name with dots is the path of a row."""
    values = {bound.html_name: bound.value() for bound in form}
    plain = {name: value for name, value in values.items() if value is not None and value is not False}
    return plain | {"reason": WHY} | {name.replace("__", "-"): value for name, value in typed.items()}


def page(browser: Client, slug: str) -> Any:
    response = browser.get(f"/cases/policies/{slug}/")
    assert response.status_code == 200
    return response


def content(slug: str) -> Any:
    kind = slug if slug in ("gathering", "routing", "assignment") else "programme"
    return policy_in_force(kind, slug).content


def test_everybody_who_reads_sees_the_policies_and_no_form(analyst: User, stranger: User) -> None:
    browser = signed_in(analyst)
    assert "Routing to queues" in browser.get("/cases/policies/").content.decode()
    text = page(browser, "aml").content.decode()
    assert "Structuring" in text
    assert "Activate" not in text
    assert browser.get("/cases/policies/no-such/").status_code == 404
    assert signed_in(stranger).get("/cases/policies/").status_code == 403


def test_who_may_not_configure_is_told_of_no_queue_and_no_person(analyst: User, queue: Queue) -> None:
    for read in (queues_to_name, people_to_name):
        with pytest.raises(NotAllowed):
            read(analyst)


def test_a_form_that_is_sent_as_it_came_says_what_is_in_force(admin: User) -> None:
    factories.queue("large")
    for policy in work_policies(admin):
        form = WorkPolicyForm(user=admin, policy=policy)
        bound = WorkPolicyForm(sent(form), user=admin, policy=policy)
        assert bound.is_valid(), (policy.slug, bound.errors)
        assert bound.content() == content_in_force(policy), policy.slug


def test_routing_is_changed_by_its_form_in_the_order_that_was_typed(admin: User) -> None:
    factories.queue("large")
    factories.queue("rest")
    browser = signed_in(admin)
    form = sent(
        page(browser, "routing").context["form"],
        rules__0__order="2", rules__0__name="Rest", rules__0__queue="rest",
        rules__1__order="1", rules__1__name="Large", rules__1__queue="large", rules__1__when__amount_min="10000",
        rules__1__when__currency="USD", rules__1__when__countries="DE, FR", rules__1__when__typologies=["structuring"],
    )  # fmt: skip
    assert browser.post("/cases/policies/routing/change/", form).status_code == 302
    when = {"amount_min": "10000", "currency": "USD", "countries": ["DE", "FR"], "typologies": ["structuring"]}
    assert content("routing") == {
        "rules": [{"name": "Large", "queue": "large", "when": when}, {"name": "Rest", "queue": "rest", "when": {}}]
    }
    again = page(browser, "routing")
    assert "$10,000.00" in again.content.decode()
    form = sent(again.context["form"], rules__0__remove="on")
    assert browser.post("/cases/policies/routing/change/", form).status_code == 302
    assert [rule["name"] for rule in content("routing")["rules"]] == ["Rest"]


def test_what_does_not_hold_is_said_beside_the_row_it_was_typed_into(admin: User) -> None:
    factories.queue("large")
    browser = signed_in(admin)
    form = sent(
        page(browser, "routing").context["form"],
        rules__1__name="Large", rules__1__queue="large", rules__1__when__amount_min="5", rules__1__when__units="nowhere",
    )  # fmt: skip
    response = browser.post("/cases/policies/routing/change/", form)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["rules-1-when-currency"]
    form |= {"rules-1-when-currency": "USD"}
    response = browser.post("/cases/policies/routing/change/", form)
    assert list(response.context["form"].errors) == ["rules-1-when-units"]
    assert "nowhere" in response.content.decode()
    assert not WorkPolicy.objects.exists()


def test_more_rows_than_a_list_has_are_refused(admin: User) -> None:
    browser = signed_in(admin)
    form = sent(page(browser, "routing").context["form"], rules__9999__name="Far away")
    response = browser.post("/cases/policies/routing/change/", form)
    assert response.status_code == 422
    assert "at most 200 rows" in response.content.decode()


def test_a_draft_is_tried_on_the_last_days_before_it_is_put_in_force(superuser: User) -> None:
    factories.queue("large")
    gather_alerts(alerts=[factories.alert()])
    browser = signed_in(superuser)
    form = sent(page(browser, "routing").context["form"], rules__0__name="All", rules__0__queue="large", reason="")
    response = browser.post("/cases/policies/routing/dry-run/", form)
    assert response.status_code == 200
    assert (response.context["dry_run"].items, response.context["dry_run"].elsewhere) == (1, 1)
    assert response.context["dry_run"].unseen == 0
    text = response.content.decode()
    assert "would have gone elsewhere" in text
    assert 'value="All"' in text
    assert not WorkPolicy.objects.exists()
    assert browser.post("/cases/policies/gathering/dry-run/", form).status_code == 404


def test_gathering_is_changed_by_its_form(admin: User) -> None:
    browser = signed_in(admin)
    form = sent(
        page(browser, "gathering").context["form"], gap_hours="48", sampled_percent="5",
        exceptions__0__typologies=["leaked_card"], exceptions__0__by="account", exceptions__0__gap_hours="2",
        escalate__0__severity="block", escalate__0__urgency_min="0.9",
    )  # fmt: skip
    assert browser.post("/cases/policies/gathering/change/", form).status_code == 302
    assert content("gathering") == {
        "by": "customer", "across_typologies": False, "gap_hours": 48, "sampled_percent": 5,
        "exceptions": [{"typologies": ["leaked_card"], "by": "account", "across_typologies": False, "gap_hours": 2}],
        "escalate": [{"severity": "block", "urgency_min": 0.9}],
    }  # fmt: skip
    assert gather_alerts(alerts=[factories.alert(outcome="block")]) is None


def test_assignment_is_changed_by_its_form(admin: User, analyst: User, queue: Queue) -> None:
    browser = signed_in(admin)
    form = sent(
        page(browser, "assignment").context["form"], most_held="7", automatic__0__queue=queue.slug,
        automatic__0__level="incident", absent__1__person=analyst.pk, absent__1__until="2030-01-31",
    )  # fmt: skip
    assert browser.post("/cases/policies/assignment/change/", form).status_code == 302
    assert content("assignment") == {
        "automatic": [{"queue": queue.slug, "level": "incident"}], "most_held": 7,
        "absent": [{"person": analyst.pk, "until": "2030-01-31"}],
    }  # fmt: skip


def test_a_programme_s_lists_are_json_and_what_is_none_is_said(admin: User) -> None:
    browser = signed_in(admin)
    form = sent(page(browser, "aml").context["form"])
    for wrong in ("{", "{}", '[{"code": "A B"}]', "[1]"):
        response = browser.post("/cases/policies/aml/change/", form | {"typologies": wrong})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["typologies"], wrong
    rows = json.loads(form["typologies"])
    rows[0]["label"] = "Large sums"
    assert browser.post("/cases/policies/aml/change/", form | {"typologies": json.dumps(rows)}).status_code == 302
    assert content("aml")["typologies"][0]["label"] == "Large sums"
    text = page(browser, "aml").content.decode()
    assert '<ins class="diff-new">Large sums</ins>' in text


def test_a_stale_form_keeps_what_was_typed(admin: User) -> None:
    browser = signed_in(admin)
    form = sent(page(browser, "assignment").context["form"], most_held="7")
    assert browser.post("/cases/policies/assignment/change/", form | {"most_held": "5"}).status_code == 302
    response = browser.post("/cases/policies/assignment/change/", form)
    assert response.status_code == 409
    assert 'value="7"' in response.content.decode()
    assert content("assignment")["most_held"] == 5


def test_one_goes_back_to_what_finobs_ships_by_a_form(admin: User) -> None:
    browser = signed_in(admin)
    form = sent(page(browser, "assignment").context["form"], most_held="7")
    browser.post("/cases/policies/assignment/change/", form)
    revert = page(browser, "assignment").context["revert"]
    assert [number for number, _ in revert.fields["number"].choices] == [0]
    response = browser.post("/cases/policies/assignment/revert/", sent(revert, number="0"))
    assert response.status_code == 302
    assert content("assignment")["most_held"] == 0


def test_a_new_programme_is_made_by_a_form(admin: User, analyst: User) -> None:
    browser = signed_in(admin)
    form = sent(browser.get("/cases/policies/programme/").context["form"], slug="tax", name="Tax")
    assert browser.post("/cases/policies/programme/", form).status_code == 302
    assert content("tax")["name"] == "Tax"
    assert "Administrators make programmes" in signed_in(analyst).get("/cases/policies/programme/").content.decode()
    assert signed_in(analyst).post("/cases/policies/programme/", form | {"slug": "other"}).status_code == 403


def test_the_statements_of_a_policy_s_page_do_not_grow_with_its_rows(admin: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    factories.queue("large")
    browser, counts = signed_in(admin), []
    page(browser, "routing")
    for number in range(1, 4):
        form = sent(page(browser, "routing").context["form"])
        form |= {f"rules-{number - 1}-name": f"Rule {number}", f"rules-{number - 1}-queue": "large"}
        assert browser.post("/cases/policies/routing/change/", form).status_code == 302
        with CaptureQueriesContext(connection) as captured:
            page(browser, "routing")
        counts.append(len(captured))
    assert counts[1] == counts[2]


def test_the_admin_reads_policies_and_makes_tags(admin: User) -> None:
    browser = signed_in(admin)
    form = sent(page(browser, "assignment").context["form"], most_held="7")
    browser.post("/cases/policies/assignment/change/", form)
    row = WorkPolicy.objects.get()
    address = f"/admin/cases/workpolicy/{row.pk}/change/"
    assert "/cases/policies/assignment/" in browser.get(address).content.decode()
    assert browser.post(address, {"name": "Another"}).status_code == 403
    assert browser.post("/admin/cases/tag/add/", {"slug": "urgent", "name": "Urgent"}).status_code == 302


def test_a_refusal_names_the_row_and_the_field(admin: User) -> None:
    factories.queue("large")
    browser = signed_in(admin)
    form = sent(
        page(browser, "routing").context["form"], rules__1__name="Large", rules__1__queue="large",
        rules__1__when__countries="Germany",
    )  # fmt: skip
    refused = browser.post("/cases/policies/routing/change/", form).content.decode()
    assert "Rules, row 2: Countries of counterparties</a>: “Germany” is no country code" in refused
    assert "Is DE meant?" in refused
    form = sent(page(browser, "aml").context["form"])
    rows = json.loads(form["typologies"])
    rows[1]["code"] = "A B"
    refused = browser.post("/cases/policies/aml/change/", form | {"typologies": json.dumps(rows)}).content.decode()
    assert "Row 2, code: " in refused


def test_what_changed_is_told_in_the_words_of_the_form(admin: User) -> None:
    factories.queue("large", name="Large sums")
    browser = signed_in(admin)
    form = sent(page(browser, "gathering").context["form"], gap_hours="48", escalate__0__severity="block")
    assert browser.post("/cases/policies/gathering/change/", form).status_code == 302
    told = page(browser, "gathering").content.decode()
    assert "<dt>Hours between alerts of one incident</dt>" in told
    assert "<dt>Escalate at once, row 1</dt>" in told
    assert "Severity: Block" in told
    form = sent(
        page(browser, "routing").context["form"], rules__0__name="L", rules__0__queue="large", rules__0__when__level="case",
        rules__0__when__amount_min="5000", rules__0__when__currency="USD",
    )  # fmt: skip
    assert browser.post("/cases/policies/routing/change/", form).status_code == 302
    told = page(browser, "routing").content.decode()
    changed = told[told.index('id="versions"') : told.index('id="change"')]
    for words in ("Name: L", "Queue: Large sums", "Level: Case", "Amount from: $5,000.00"):
        assert words in changed, changed
    assert "amount_min" not in told.partition("New version")[0]


def test_a_dry_run_says_how_much_of_it_is_not_shown(admin: User) -> None:
    factories.queue("large")
    gather_alerts(alerts=[factories.alert()])
    browser = signed_in(admin)
    form = sent(page(browser, "routing").context["form"], rules__0__name="All", rules__0__queue="large", reason="")
    response = browser.post("/cases/policies/routing/dry-run/", form)
    assert (response.context["dry_run"].elsewhere, response.context["dry_run"].unseen) == (1, 1)
    assert "All of these are of queues that you may not read" in response.content.decode()
