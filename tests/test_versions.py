"""Whatever others may change too carries a version, and a stale one is refused: enumerated from models, services, API
and admin. Each view of the API is asked with stale versions in the shared tests (tests/support/api.py).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin as stock
from django.db.models import Model
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from approvals.tests.factories import CONCLUSION
from cases.services import queue_revoke
from detection.rules.services import rule_change
from finobs.accounts.services import role_assign
from finobs.core.admin import AccessAdmin, ReadAdmin
from finobs.core.api import ServiceAction
from finobs.core.errors import ApprovalRequired, Stale, VersionRequired
from finobs.core.forms import VersionedForm
from finobs.core.models import Versioned
from finobs.ledger.models import Event
from tests import factories
from tests.support import changes
from tests.support.changes import (
    WITHOUT_VERSION,
    asks_for_version,
    change,
    changing_services,
    public_services,
    state,
    subjects,
)
from tests.support.clients import selected, signed_in, version_of
from tests.test_api_coverage import api_views

pytestmark = pytest.mark.django_db

CHANGES = sorted(changing_services())


def test_every_model_that_keeps_history_has_a_version() -> None:
    audited = {model for model in apps.get_models() if hasattr(model._meta, "simple_history_manager_attribute")}
    assert len(audited) > 8
    assert {model.__name__ for model in audited if not issubclass(model, Versioned)} == set()


def test_every_service_about_something_versioned_asks_for_the_version_or_says_why_not() -> None:
    without = {
        f"{subject}.{name}"
        for name, service in public_services().items()
        if not asks_for_version(service)
        for subject in subjects(service)
    }
    assert without == set(WITHOUT_VERSION)
    assert len(CHANGES) > 25


@pytest.mark.parametrize("name", CHANGES)
def test_a_service_refuses_a_stale_version_and_nothing_changes(name: str, request: pytest.FixtureRequest) -> None:
    row, arguments = change(name, request.getfixturevalue)
    before, events = state(row), Event.objects.count()
    for stale in (version_of(row) - 1 or 99, version_of(row) + 1):
        with pytest.raises(Stale, match="changed since you looked at it") as refusal:
            changes.service(name)(**arguments, version=stale)
        assert refusal.value.version == version_of(row)
    with pytest.raises(VersionRequired):
        changes.service(name)(**arguments, version=0)
    assert (state(row), Event.objects.count()) == (before, events)


@pytest.mark.parametrize("name", CHANGES)
def test_a_service_takes_the_version_that_is_there_and_raises_it(name: str, request: pytest.FixtureRequest) -> None:
    row, arguments = change(name, request.getfixturevalue)
    version, before = version_of(row), state(row)
    try:
        changes.service(name)(**arguments, version=version)
    except ApprovalRequired:
        assert Event.objects.latest("id").action == "approval.request"
    after = state(row)
    if {key: value for key, value in after.items() if key not in ("version", "updated_at")} != {
        key: value for key, value in before.items() if key not in ("version", "updated_at")
    }:
        assert after["version"] > version


def test_a_role_that_was_taken_is_not_given_back_by_a_stale_form(admin: Any, analyst: Any) -> None:
    page = reverse("admin:accounts_user_change", args=[analyst.pk])
    form = {"name": "Ana", "email": analyst.email, "time_zone": "UTC", "roles": ["analyst"], "version": analyst.version}
    role_assign(actor=admin, user=analyst, roles=["viewer"])
    response = signed_in(admin).post(page, {**form, "name": "Typed Anew"})
    assert response.status_code == 409
    text = response.content.decode()
    assert "has changed since you looked at it, last by Ada Admin" in text
    assert "Typed Anew" in text
    assert "It is now: Ana Analyst." in text
    assert "It is now: Viewer." in text
    assert f'name="version" value="{version_of(analyst)}"' in text
    assert state(analyst)["groups"] == ["viewer"]


# --- the API


def test_every_write_of_the_api_to_something_versioned_takes_its_version() -> None:
    by_name = public_services()
    loose = set()
    for address, view in api_views().items():
        if not (issubclass(view, ServiceAction) and view.subject is not None):
            continue
        name = getattr(view.service, "__name__", "")
        about = set(subjects(by_name[name])) if name in by_name else set()
        is_exempt = f"{view.subject.keyword}.{name}" in WITHOUT_VERSION
        if view.subject.keyword in about and not view.takes_version() and not is_exempt:
            loose.add(address)
    assert loose == set()


def test_what_needs_no_version_in_the_api_is_said_here() -> None:
    optional = {
        address for address, view in api_views().items()
        if issubclass(view, ServiceAction) and view.takes_version() and not view.requires_version
    }  # fmt: skip
    assert optional == {
        # It adds, takes what a lease guards, or says by a digest what was seen.
        "cases_api:case-tag", "cases_api:case-untag", "cases_api:incident-tag", "cases_api:incident-untag",
        "cases_api:note-list", "cases_api:case-take", "cases_api:case-release", "approvals_api:request-decide",
        "cases_api:incident-note-list", "cases_api:incident-take", "cases_api:incident-release",
    }  # fmt: skip


def test_the_description_of_the_api_says_where_versions_are_read_and_asked_for() -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    asked, required, read = set(), set(), set()
    for path, operations in paths.items():
        for method, operation in operations.items():
            headers = {each["name"]: each.get("required", False) for each in operation.get("parameters", [])}
            asked |= {f"{method} {path}"} if "If-Match" in headers else set()
            required |= {f"{method} {path}"} if headers.get("If-Match") else set()
            read |= {path} if "ETag" in operation["responses"].get("200", {}).get("headers", {}) else set()
    assert len(asked) == sum(view.takes_version() for view in api_views().values() if issubclass(view, ServiceAction))
    assert len(asked - required) == 11
    assert {"/api/v1/users/{id}", "/api/v1/cases/{reference}", "/api/v1/queues/{slug}", "/api/v1/rules/{slug}"} <= read
    assert "patch /api/v1/users/{id}" in required


# --- the admin


def writable() -> dict[type[Model], AccessAdmin]:
    pages = stock.site._registry.items()
    return {
        model: page
        for model, page in pages
        if issubclass(model, Versioned) and isinstance(page, AccessAdmin) and not isinstance(page, ReadAdmin)
    }


def test_no_list_of_the_admin_is_edited_in_place_and_no_form_holds_others() -> None:
    pages = [page for page in stock.site._registry.values() if isinstance(page, AccessAdmin)]
    assert len(pages) > 20
    assert [page for page in pages if page.list_editable or page.inlines] == []


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "user": ("user_change", {"name": "Stale", "email": "stale@example.test", "time_zone": "UTC", "roles": ["admin"]}),
    "source": ("source_change", {"name": "Stale", "default_currency": "USD", "time_zone": "UTC", "mapping": "{}"}),
    "accountdetails": (
        "account_change",
        {"name": "Stale", "kind": "card", "currency": "", "status": "", "opened_on": "", "closed_on": ""},
    ),
    "counterpartydetails": (
        "counterparty_change",
        {"name": "Stale", "kind": "merchant", "country": "", "bank": "", "account_number": ""},
    ),
    "tag": ("tag_change", {"name": "Stale"}),
    "queue": ("queue_change", {"name": "Stale", "description": "", "lease_minutes": 7}),
    "deliveryschedule": (
        "delivery_schedule_change",
        {
            "name": "Stale",
            "weekdays": ["0", "1"],
            "holidays": "2030-01-01",
            "due_days": 7,
            "due_time": "07:00",
            "file_pattern": "",
            "starts_on": "2030-01-01",
        },
    ),
    "orgunit": ("unit_change", {"name": "Stale", "kind": "branch", "parent": "1"}),
    "approvalpolicy": ("policy_set", {"quorum": 7, "expires_after_hours": 7}),
    "case": ("item_take", {"note": "Stale", "conclusion": "", "why": ""}),
    "incident": ("incident_close", {"note": "Stale", "conclusion": "", "why": ""}),
    "rule": ("rule_change", {"parameters": '{"currency": "USD", "review_at": "77.00"}', "reason": "Stale reason."}),
    "approvalrequest": ("request_decide", {"vote": "reject", "reason": "Stale reason.", "expected_digest": ""}),
}
# Their forms change nothing: the steps are actions of the list.
WITHOUT_FORM = {"modelversion", "apitoken"}


def test_every_form_of_the_admin_is_tried() -> None:
    assert {model._meta.model_name for model in writable()} == set(FORMS) | WITHOUT_FORM


@pytest.mark.parametrize("name", sorted(FORMS))
@pytest.mark.parametrize("version", ["stale", "missing"])
def test_a_stale_form_of_the_admin_changes_nothing(name: str, version: str, request: pytest.FixtureRequest) -> None:
    service, fields = FORMS[name]
    row, arguments = change(service, request.getfixturevalue)
    person = arguments["actor"]
    person.is_staff = True
    person.save()
    before, events = state(row), Event.objects.count()
    page = reverse(f"admin:{row._meta.app_label}_{name}_change", args=[row.pk])
    shown = signed_in(person).get(page).content.decode()
    assert f'name="version" value="{version_of(row)}"' in shown
    typed = fields | ({"expected_digest": before["digest"]} if "digest" in before else {})
    typed |= {"version": version_of(row) + 1} if version == "stale" else {}
    response = signed_in(person).post(page, typed)
    assert response.status_code == (409 if version == "stale" else 200), response.content
    form = response.context["adminform"].form
    # The digest is read anew; roles are rows.
    texts = {field: str(text) for field, text in fields.items() if field not in ("expected_digest", "roles")}
    assert {field: str(form[field].value()) for field in texts} == texts
    assert (state(row), Event.objects.count()) == (before, events)


def test_a_decision_about_another_digest_comes_back_with_what_was_typed(request: pytest.FixtureRequest) -> None:
    """Whatever conflict leaves the request pending has written nothing that must be committed."""
    row, arguments = change("request_decide", request.getfixturevalue)
    person, events = arguments["actor"], Event.objects.count()
    person.is_staff = True
    person.save()
    typed = {"vote": "reject", "reason": "Not what I saw.", "expected_digest": "0" * 64, "version": version_of(row)}
    response = signed_in(person).post(reverse("admin:approvals_approvalrequest_change", args=[row.pk]), typed)
    assert response.status_code == 409
    assert "Not what I saw." in response.content.decode()
    assert Event.objects.count() == events


ACTIONS = {
    "user": ("user_change", ("deactivate", "reactivate", "end_sessions", "issue_reset_link")),
    "apitoken": ("token_revoke", ("revoke",)),
    "case": ("item_take", ("take", "release", "assign", "move", "wait", "reopen")),
    "incident": ("incident_close", ("take", "release", "assign", "move", "wait", "reopen", "escalate")),
    "orgunit": ("unit_change", ("deactivate", "reactivate")),
    "rule": ("rule_change", ("retire",)),
    "modelversion": ("model_shadow", ("shadow", "challenge", "promote", "retire")),
    "quarantinedrow": ("quarantine_discard", ("release", "discard")),
}


def test_every_action_of_the_admin_on_something_versioned_is_tried() -> None:
    registry = {model: page for model, page in stock.site._registry.items() if issubclass(model, Versioned)}
    names = {model._meta.model_name: set(page.actions or ()) for model, page in registry.items()}
    tried = {name: set(actions) for name, (_, actions) in ACTIONS.items()}
    assert {name: actions for name, actions in names.items() if actions} == {
        name: actions for name, actions in tried.items() if name != "modelversion"
    }


@pytest.mark.parametrize(("name", "action"), [(name, each) for name, (_, all_) in ACTIONS.items() for each in all_])
def test_an_action_of_the_admin_on_a_stale_row_does_nothing(
    name: str, action: str, request: pytest.FixtureRequest
) -> None:
    row, arguments = change(ACTIONS[name][0], request.getfixturevalue)
    # Of tokens only administrators see a list.
    person = request.getfixturevalue("admin") if name == "apitoken" else arguments["actor"]
    person.is_staff = True
    person.save()
    before, events = state(row), Event.objects.count()
    page, ticked = reverse(f"admin:{row._meta.app_label}_{name}_changelist"), selected(row)
    assert f'name="version-{row.pk}" value="{version_of(row)}"' in signed_in(person).get(page).content.decode()
    for version in ({}, {f"version-{row.pk}": version_of(row) + 1}):
        body = {"action": action, "reason": "Stale reason.", "_selected_action": ticked["_selected_action"], **version}
        response = signed_in(person).post(page, body, follow=True)
        assert response.status_code == 200
    assert (state(row), Event.objects.count()) == (before, events)


# --- the pages


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "profile_change": ("/accounts/profile/", {"name": "Typed", "time_zone": "UTC"}),
    "token_revoke": ("/accounts/tokens/{pk}/revoke/", {}),
    "item_assign": ("/cases/{reference}/assign/", {"reason": "Typed reason."}),
    "case_close": ("/cases/{reference}/close/", {**CONCLUSION, "rationale": "Typed rationale."}),
    "item_wait": ("/cases/{reference}/wait/", {"waiting_for": "Typed words"}),
    "item_move": ("/cases/{reference}/move/", {"reason": "Typed reason."}),
    "case_subject_add": ("/cases/{reference}/subjects/add/", {"role": "related", "reason": "Typed reason."}),
    "case_subject_change": (
        "/cases/{reference}/subjects/{subject}/change/",
        {"role": "related", "reason": "Typed reason."},
    ),
    "case_subject_remove": ("/cases/{reference}/subjects/{subject}/remove/", {"reason": "Typed reason."}),
    "item_reopen": ("/cases/{reference}/reopen/", {"reason": "Typed reason."}),
    "incident_close": ("/cases/incidents/{reference}/close/", {**CONCLUSION, "rationale": "Typed rationale."}),
    "incident_escalate": ("/cases/incidents/{reference}/escalate/", {"reason": "Typed reason."}),
    "request_withdraw": ("/approvals/{pk}/withdraw/", {}),
    "delivery_announce": (
        "/transactions/deliveries/{pk}/announce/",
        {"rows": 7, "sums": "", "reason": "Typed reason."},
    ),
    "delivery_fault_settle": ("/transactions/deliveries/faults/{pk}/settle/", {"reason": "Typed reason."}),
    "account_change": ("/transactions/accounts/{pk}/details/", {"name": "Typed name", "kind": "card"}),
    "counterparty_change": ("/transactions/counterparties/{pk}/details/", {"name": "Typed name", "kind": "person"}),
    "quarantine_correct": ("/transactions/quarantine/{pk}/correct/", {**changes.ROW, "memo": "Typed memo."}),
    "quarantine_release": ("/transactions/quarantine/{pk}/release/", {"reason": "Typed reason."}),
    "quarantine_discard": ("/transactions/quarantine/{pk}/discard/", {"reason": "Typed reason."}),
    "customer_correct": (
        "/transactions/customers/{pk}/correct/",
        {"name": "Typed name", "valid_from": "2024-01-01", "reason": "Typed reason.", "confirm": "yes"},
    ),
    "customer_erase": ("/transactions/customers/{pk}/erase/", {"reason": "Typed reason."}),
    "account_party_add": (
        "/transactions/customers/{pk}/account-parties/",
        {"account": "A-typed", "role": "holder", "valid_from": "2024-01-01", "reason": "Typed reason."},
    ),
    "relation_add": (
        "/transactions/customers/{pk}/relations/",
        {"other": "C-typed", "kind": "controls", "valid_from": "2024-01-01", "reason": "Typed reason."},
    ),
    "work_policy_change": (
        "/cases/policies/{slug}/change/",
        {"most_held": "9", "reason": "Typed reason."},
    ),
    "work_policy_revert": ("/cases/policies/{slug}/revert/", {"number": "0", "reason": "Typed reason."}),
    "rule_change": ("/detection/rules/{slug}/change/", {**changes.LIMITS, "reason": "Typed reason."}),
    "rule_retire": ("/detection/rules/{slug}/retire/", {"reason": "Typed reason."}),
    **{
        f"model_{step}": (f"/detection/models/{{pk}}/{step}/", {"reason": "Typed reason."})
        for step in ("shadow", "challenge", "promote", "retire")
    },
}
# Said by a lease, or by the digest of what was shown; or the admin's and the API's alone.
WITHOUT_PAGE = {
    "item_take", "item_release", "note_add", "request_decide", "user_change", "user_deactivate", "user_reactivate",
    "role_assign", "password_reset_issue", "sessions_end", "source_change", "queue_change", "queue_grant",
    "queue_revoke", "policy_set", "delivery_schedule_change", "item_tag", "item_untag", "tag_change",
    "unit_change", "unit_deactivate", "unit_reactivate", "unit_grant", "unit_revoke",
}  # fmt: skip


def form_of(text: str, address: str) -> str:
    """The form of a page that is sent to `address`; the whole page where it is sent to where it stands."""
    forms = re.findall(rf'<form[^>]*action="{re.escape(address)}[^>]*>.*?</form>', text, re.DOTALL)
    return forms[0] if forms else text


def test_every_change_has_a_page_that_is_tried_or_none() -> None:
    assert set(PAGES) | WITHOUT_PAGE == set(CHANGES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_stale_page_changes_nothing_and_keeps_what_was_typed(name: str, request: pytest.FixtureRequest) -> None:
    row, arguments = change(name, request.getfixturevalue)
    pattern, fields = PAGES[name]
    names = {key: getattr(row, key, "") for key in ("pk", "reference", "slug")}
    address = pattern.format_map({**names, "subject": getattr(arguments.get("subject"), "pk", "")})
    if name in ("item_assign", "item_move"):
        fields = fields | {key: arguments[key].pk for key in ("to", "queue") if key in arguments}
    if name == "item_wait":
        fields = fields | {"until": f"{arguments['until']:%Y-%m-%dT%H:%M}"}
    # Named as people name them; what is not there is refused before the version is.
    fields = fields | {key: str(arguments[key]) for key in ("account", "other") if key in arguments}
    before, events, version = state(row), Event.objects.count(), version_of(row)
    client = signed_in(arguments["actor"])
    response = client.post(address, fields | {"version": version + 5}, follow=name == "token_revoke")
    assert response.status_code in (409, 200 if name == "token_revoke" else 409)
    text = response.content.decode()
    assert "changed since you looked at it" in text
    for typed in (value for value in fields.values() if str(value).startswith("Typed")):
        assert typed in text
    if fields:
        assert f'name="version" value="{version}"' in form_of(text, address)
    missing = client.post(address, fields, follow=name == "token_revoke")
    assert missing.status_code in (422, 200 if name == "token_revoke" else 422)
    assert (state(row), Event.objects.count()) == (before, events)


def test_a_stale_page_says_of_each_field_what_is_there_now(admin: Any) -> None:
    rule = factories.rule_version().rule
    assert rule.live is not None
    seen, limits = rule.version, rule.live.parameters
    rule_change(actor=admin, rule=rule, parameters=limits | {"review_at": "77.00"}, reason="Tuned by another.")
    typed = limits | {"reason": "Typed reason.", "version": seen}
    text = signed_in(admin).post(f"/detection/rules/{rule.slug}/change/", typed).content.decode()
    assert "It is now: 77.00." in text
    # In the summary, and beside its field.
    assert text.count("It is now:") == 2


def test_a_grant_is_neither_given_nor_taken_by_a_stale_page(admin: Any, analyst: Any, queue: Any) -> None:
    page = reverse("admin:cases_queue_permissions_manage_user", args=[queue.pk, analyst.pk])
    version = version_of(queue)
    queue_revoke(actor=admin, queue=queue, principal=analyst, action="work")
    events = Event.objects.count()
    response = signed_in(admin).post(page, {"grants": ["work", "lead"], "version": version})
    assert response.status_code == 409
    text = response.content.decode()
    assert "changed since you looked at it" in text
    assert f'name="version" value="{version_of(queue)}"' in text
    assert text.count("checked") == 2
    assert Event.objects.count() == events


def test_a_form_that_is_shown_again_keeps_several_values() -> None:
    from django import forms
    from django.http import QueryDict

    class Form(VersionedForm):
        boxes = forms.MultipleChoiceField(choices=[("a", "a"), ("b", "b")])

    form = Form(QueryDict("version=1&boxes=a&boxes=b"))
    assert form.is_valid()
    form.show_again(version=7)
    assert (form["boxes"].value(), form["version"].value()) == (["a", "b"], "7")
