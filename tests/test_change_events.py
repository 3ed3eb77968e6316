"""What every change says in the ledger: who did it, as they were then, and what was before and after."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from cases.services import note_add
from finobs.accounts.services import profile_change, role_assign, user_change
from finobs.core.classification import personal_fields
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from finobs.ledger.services import event_value as in_ledger
from finobs.ledger.services import record
from finobs.ledger.services.seal import seal
from finobs.ledger.tests.conftest import ledger_files, ledger_key
from finobs.ledger.verification import verify
from tests import factories
from tests.support import changes
from tests.support.changes import change, changing_services, state
from tests.support.clients import signed_in

# Fixtures, which pytest finds by their names here.
assert ledger_files
assert ledger_key
pytestmark = pytest.mark.django_db

# What a history leaves out is in no event; what rises with every change, or is made of another column, is told by none.
SILENT_FIELDS = {
    "version",
    "updated_at",
    "email_key",
    "name_key",
    "password",
    "artefact",
    "raw",
    "raw_digest",
    "salt",
    "snapshot",
    "payload",
}
SECRETS = ("md5$", factories.PASSWORD)


def bodies(after: int = 0) -> list[dict[str, Any]]:
    return [json.loads(bytes(event.body)) for event in Event.objects.filter(pk__gt=after).order_by("pk")]


def newest() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


@pytest.mark.parametrize("name", sorted(changing_services()))
def test_every_change_says_what_was_and_what_is(name: str, request: pytest.FixtureRequest) -> None:
    row, arguments = change(name, request.getfixturevalue)
    before, last = state(row), newest()
    try:
        changes.service(name)(**arguments)
    except ApprovalRequired:
        row.refresh_from_db()
    after, events = state(row), bodies(after=last)
    assert events, "no event"
    told: dict[str, Any] = {}
    for event in events:
        if event["subject"] == {"type": row._meta.label_lower, "id": str(row.pk)}:
            told |= event["changes"]
    for field in (*row._meta.concrete_fields, *row._meta.many_to_many):
        key = field.attname
        if before[key] == after[key] or field.name in SILENT_FIELDS or name in BY_ANOTHER_EVENT:
            continue
        assert field.name in told, f"{name} does not say what became of {field.name}"
        if field.name in personal_fields(type(row)):
            assert all(set(value) == {"hmac_sha256"} for value in told[field.name])
        elif not field.is_relation:
            assert told[field.name] == [in_ledger(before[key]), in_ledger(after[key])]
    assert not any(secret in json.dumps(events) for secret in SECRETS)


# The case of a closing that is proposed waits; its own events follow when it is decided.
BY_ANOTHER_EVENT = {"case_close"}


def test_roles_are_told_by_name_before_and_after(admin: Any, analyst: Any) -> None:
    role_assign(actor=admin, user=analyst, roles=["viewer"])
    assert bodies()[-1]["changes"]["groups"] == [["analyst"], ["viewer"]]


def test_every_kind_of_value_has_a_form_in_the_ledger(admin: Any) -> None:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    from django.db import transaction

    values = {
        None: None, True: True, 7: 7, 2**60: str(2**60), 0.1: "0.1", Decimal("1.50"): "1.50", "é": "é", b"\x00": "00",
        date(2026, 3, 2): "2026-03-02", datetime(2026, 3, 2, tzinfo=UTC): "2026-03-02T00:00:00.000000Z",
    }  # fmt: skip
    for value, text in values.items():
        assert in_ledger(value) == text
    assert in_ledger({"a": [1, 0.5]}) == {"a": [1, "0.5"]}
    assert in_ledger({"é": {"ü": 1}}) == [["é", [["ü", 1]]]]
    with transaction.atomic():
        record(actor=admin, action="x.y", subject=("a.b", "1"), changes={"x": ({"é": 1.5}, None)})
    assert bodies()[-1]["changes"] == {"x": [[["é", "1.5"]], None]}


# Keys in any writing, of any plane; numbers that JSON does not hold exactly; all of it at any depth.
ODD_JSON: dict[str, Any] = {
    "Überweisung": "out", "振込": {"入金": [2**53, -(2**70), 0.1, {"ü": None}]}, "😀": 1, "\uffee": 2, "": [], "a": {"b": {}},
}  # fmt: skip


def test_every_json_field_of_every_audited_model_is_told_whatever_it_holds(admin: Any) -> None:
    from django.apps import apps
    from django.db import models, transaction

    from finobs.core.history import _REFERENCES, HistoryReference

    audited = [
        (model, field.name) for model in apps.get_models() if hasattr(model, "history")
        for field in model._meta.concrete_fields if isinstance(field, models.JSONField)
    ]  # fmt: skip
    assert "transactions.source" in {model._meta.label_lower for model, _ in audited}
    for model, name in audited:
        row = model(pk=1)
        for before, after in (({}, ODD_JSON), (ODD_JSON, {"a": 1}), ([ODD_JSON], None)):
            vars(row)[_REFERENCES] = [HistoryReference("a.b", "1", {name: (before, after)})]
            with transaction.atomic():
                record(actor=admin, action="x.y", subject=row, data={name: in_ledger(after)})
            assert bodies()[-1]["changes"] == {name: [in_ledger(before), in_ledger(after)]}


# --- who


def test_an_event_keeps_name_address_and_roles_of_then(
    admin: Any, analyst: Any, superuser: Any, ledger_key: Any
) -> None:
    case = factories.case(inside=factories.queue("other"))
    factories.grant(analyst, "work", case.queue)
    note_add(actor=analyst, item=case, text="It is a mule.")
    address = analyst.email
    user_change(actor=superuser, user=analyst, name="Somebody Else", email="else@example.test")
    role_assign(actor=superuser, user=analyst, roles=["auditor"])
    event = Event.objects.get(action="note.add")
    actor = json.loads(bytes(event.body))["actor"]
    assert actor == {
        "type": "human", "id": str(analyst.pk), "name": "Ana Analyst", "address": address, "roles": ["analyst"],
    }  # fmt: skip
    assert (event.actor_then.name, event.actor_then.address, event.actor_then.roles) == (
        "Ana Analyst", address, ("analyst",),
    )  # fmt: skip
    assert json.loads(bytes(Event.objects.filter(action="user.change").latest("pk").body))["actor"]["roles"] == [
        "superuser"
    ]
    seal()
    assert verify().ok


def pages_of_the_past(case: Any, event: Event, request_pk: int) -> dict[str, str]:
    return {
        "ledger": reverse("ledger:event-list"),
        "event": reverse("ledger:event-detail", args=[event.uid]),
        "ledger's timeline": reverse("ledger:timeline", args=["cases.case", case.pk]),
        "case": reverse("cases:case-detail", args=[case.reference]),
        "approval": f"/approvals/{request_pk}/",
        "approvals": "/approvals/?show=all",
        "notes by API": f"/api/v1/cases/{case.reference}/notes",
        "events by API": "/api/v1/ledger/events?action=note.add",
        "approval by API": f"/api/v1/approvals/{request_pk}",
        "history in the admin": reverse("admin:cases_case_history", args=[case.pk]),
        "ledger in the admin": reverse("admin:ledger_event_changelist"),
        "approval in the admin": reverse("admin:approvals_approvalrequest_change", args=[request_pk]),
    }


def test_whoever_is_renamed_is_shown_as_who_they_were(analyst: Any, lead: Any, superuser: Any, queue: Any) -> None:
    from approvals.tests.factories import closing_request, decide
    from cases.services import item_take

    case = item_take(actor=analyst, item=factories.case(inside=queue))
    note_add(actor=analyst, item=case, text="It is a mule.")
    request = closing_request(analyst, case)
    decide(lead, request)
    event = Event.objects.get(action="note.add")
    old, old_lead = analyst.email, lead.email
    for person, name, email in ((analyst, "Zoe Zebra", "zoe@example.test"), (lead, "Yan Yak", "yan@example.test")):
        user_change(actor=superuser, user=person, name=name, email=email)
    for person in (superuser,):
        factories.grant(person, "lead", queue)
    client = signed_in(superuser)
    for name, address in pages_of_the_past(case, event, request.pk).items():
        response = client.get(address)
        assert response.status_code == 200, (name, address)
        text = response.content.decode()
        assert "Ana Analyst" in text, name
        for wrong in ("Zoe Zebra", "Yan Yak", "yan@example.test"):
            # Who holds the case is called so today; what a change says of others is what they are called today.
            if name not in ("case", "history in the admin"):
                assert wrong not in text, (name, wrong)
    text = client.get(f"/approvals/{request.pk}/").content.decode()
    assert "Leo Lead" in text
    assert old in text
    assert old_lead in text
    assert "compliance" in text


def test_ones_own_new_name_is_a_change_by_the_old_one(analyst: Any) -> None:
    profile_change(actor=analyst, name="Zoe Zebra", time_zone="UTC")
    body = bodies()[-1]
    assert body["actor"]["name"] == "Ana Analyst"
    assert body["changes"]["name"] == ["Ana Analyst", "Zoe Zebra"]


def test_the_identity_is_read_once_a_request(analyst: Any, django_assert_num_queries: Any) -> None:
    from finobs.core import context
    from finobs.ledger.actors import acting

    with context.request("request-0001"):
        with django_assert_num_queries(1):
            acting(analyst)
        with django_assert_num_queries(0):
            acting(analyst)
