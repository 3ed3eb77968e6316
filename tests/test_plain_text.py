"""Every text that people can write, on every page, in every body and in every form of the admin x what deceives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib import admin as stock
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from cases.models import Queue
from cases.services import item_take, note_add, queue_change, queue_create
from detection.rules.services import rule_create
from finobs.accounts import services
from finobs.accounts.models import User
from finobs.accounts.names import name_key
from finobs.core.errors import FinobsError, Invalid
from finobs.core.reasons import why_not_reason
from finobs.ledger.models import Event
from tests import factories
from tests.support import scenarios
from tests.support.addresses import Address, addresses
from tests.support.clients import signed_in
from transactions.services import source_change, source_create

pytestmark = pytest.mark.django_db

DECEIVING = [
    "\u200b" * 12, "Leo \u202eBrandt is", "Leo Bran\u200bdt is", "\u2066Leo Brandt\u2069 is", "Leo\u00adBrandt is", "\ufeffLeo Brandt is",
    "Leo Brandt\U000e0041 is", "Leo \ue000Brandt is", "\u3164" * 12, "Leo \x00Brandt is", "Leo\u200dBrandt is", "\x1b[31mLeo Brandt", "\u2800" * 12,
    "Leo\u200fBrandt is", "\u061cLeo Brandt is", "Leo \ufdd0 Brandt",
]  # fmt: skip
# Letters by their category that say nothing; a letter under a heap of marks; one over and over.
WITHOUT_WORDS = [
    "ʹ" * 12, "ـ" * 12, "ʰʹˈˌ" * 3, "a" * 12, "aAaAａÁ" * 2, "ـاـــــ", "x" + "\u0301" * 1_500, "Because o\u0335\u0336\u0337\u0338\u0334f it.",
    "々" * 8, "ﹱ" * 8,
]  # fmt: skip
# No subject of the scene has been changed oftener.
MAX_VERSION = 4
# Rows of feeds are judged one by one, each with an answer of its own.
ROWS = {"transactions", "decisions", "batch", "labels"}
# The scene sends one body to a page and to its twin in the API: each reads its own of these and leaves the other's.
OF_THE_TWIN = {("first",), ("last",), ("from",), ("to",), ("amount",)}
WALKED = {
    "api/v1/cases/<str:reference>/notes", "api/v1/rules/<slug:slug>/versions",
    "api/v1/users", "api/v1/tokens", "accounts/profile/", "accounts/tokens/new/", "cases/<str:reference>/notes/",
}  # fmt: skip


@pytest.fixture
def scene(queue: Queue, analyst: User, lead: User, superuser: User) -> scenarios.Scene:
    return scenarios.everything(queue, analyst, lead, superuser)


class Answer(NamedTuple):
    status: int
    has_written: bool


def send(person: User, method: str, path: str, body: dict[str, Any], version: int = 1) -> Answer:
    """`version`: of the subject, as an API wants to be told."""
    client = signed_in(person, raise_request_exception=False)
    with transaction.atomic():
        before = Event.objects.count()
        if path.startswith("/api/"):
            headers = {"Idempotency-Key": "walk-1", "If-Match": f'"{version}"'}
            response = getattr(client, method.lower())(
                path, json.dumps(body), content_type="application/json", headers=headers
            )
        else:
            response = getattr(client, method.lower())(
                path, body if path.startswith("/admin/") else body | {"version": version}
            )
        has_written = Event.objects.count() > before
        transaction.set_rollback(True)
    return Answer(response.status_code, has_written)


def texts(body: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the texts of a body stand."""
    for name, value in body.items():
        if isinstance(value, dict):
            yield from texts(value, (*path, name))
        elif isinstance(value, str):
            yield (*path, name)


def with_text(body: dict[str, Any], path: tuple[str, ...], text: str) -> dict[str, Any]:
    name, *rest = path
    return {**body, name: with_text(body[name], tuple(rest), text) if rest else text}


def writes() -> list[tuple[str, Address]]:
    return [(method, address) for address in addresses() for method in address.methods
            if method != "GET" and not address.route.startswith("admin/") and not ROWS & set(address.route.split("/"))]  # fmt: skip


def test_every_text_of_every_page_and_body_is_plain(
    scene: scenarios.Scene, superuser: User, lead: User, analyst: User
) -> None:
    walked, taken = set(), []
    for method, address in writes():
        path, body = "/" + scenarios.fill(address, scene), scenarios.body(method, address, scene)
        tries = [(person, version) for person in (superuser, lead, analyst) for version in range(1, MAX_VERSION + 1)]
        good = next((each for each in tries if body and send(each[0], method, path, body, each[1]).has_written), None)
        if good is None:
            continue
        for number, place in enumerate(place for place in texts(body) if place not in OF_THE_TWIN):
            walked.add(address.route)
            for text in (DECEIVING[number % len(DECEIVING)], DECEIVING[1]):
                answer = send(good[0], method, path, with_text(body, place, text), good[1])
                if answer.has_written or not 400 <= answer.status < 500:
                    taken.append((method, address.route, place, text.encode("unicode_escape")))
    assert taken == []
    assert walked >= WALKED


RULE = {"kind": "amount", "typology": "large_amount", "parameters": '{"currency": "USD", "review_at": "1.00"}'}
# A good form of each model that can be added in the admin.
FORMS: dict[str, dict[str, Any]] = {
    "accounts.User": {"email": "new@example.test", "name": "New Person", "kind": "human", "time_zone": "UTC"},
    "accounts.OrgUnit": {"code": "new", "name": "New unit", "kind": "branch", "parent": "1"},
    "cases.Queue": {"slug": "new", "name": "New queue", "description": "What is new.", "lease_minutes": 30},
    "transactions.Source": {"slug": "new", "name": "New source", "time_zone": "UTC", "is_active": True, "mapping": ""},
    "detection.Rule": {"slug": "new", "name": "New rule", "obligation": "A law.", "reason": "Because of it.", **RULE},
    "approvals.ApprovalPolicy": {"action": "cases.close", "quorum": 1, "expires_after_hours": 24},
    "cases.Tag": {"slug": "new", "name": "New tag"},
}


def test_every_text_of_every_form_of_the_admin_is_plain(superuser: User) -> None:
    request = RequestFactory().get("/")
    request.user = superuser
    addable = {
        model._meta.label: model for model, page in stock.site._registry.items() if page.has_add_permission(request)
    }
    assert addable.keys() == FORMS.keys()
    taken = []
    for label, model in addable.items():
        page, good = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add"), FORMS[label]
        assert send(superuser, "POST", page, good).has_written, label
        for place in texts(good):
            for text in DECEIVING:
                answer = send(superuser, "POST", page, with_text(good, place, text))
                if answer.has_written or answer.status not in (200, 422):
                    taken.append((label, place, text.encode("unicode_escape")))
    assert taken == []


def test_an_empty_form_of_the_admin_is_refused_and_no_fault(superuser: User, analyst: User, queue: Queue) -> None:
    for page in (
        "/admin/accounts/user/add/", f"/admin/accounts/user/{analyst.pk}/change/", "/admin/cases/queue/add/",
        f"/admin/cases/queue/{queue.pk}/change/", "/admin/transactions/source/add/", "/admin/detection/rule/add/",
    ):  # fmt: skip
        answer = send(superuser, "POST", page, {})
        assert (answer.status, answer.has_written) == (200, False), page


def test_a_note_and_a_closing_in_the_admin_are_plain(superuser: User, queue: Queue) -> None:
    case = factories.case(inside=queue)
    item_take(actor=superuser, item=case)
    case.refresh_from_db()
    page, before = reverse("admin:cases_case_change", args=[case.pk]), Event.objects.count()
    for field in ("note", "why"):
        for text in DECEIVING:
            form = {
                "note": "",
                "conclusion": "false_positive/known_pattern",
                "why": "As in every month.",
                "version": case.version,
            }
            response = signed_in(superuser).post(page, form | {field: text})
            assert response.status_code in (200, 422)
            assert field in response.context["adminform"].form.errors or response.context["errors"]
    assert Event.objects.count() == before


@pytest.mark.parametrize("text", DECEIVING, ids=lambda text: text.encode("unicode_escape").decode()[:20])
def test_services_refuse_it_whoever_calls_them(admin: User, analyst: User, queue: Queue, text: str) -> None:
    """Commands and shells pass no form and no serializer."""
    case, source, before = factories.case(inside=queue), factories.source(), Event.objects.count()
    parameters = {"currency": "USD", "review_at": "1.00"}
    rule = {"slug": "new", "kind": "amount", "typology": "large_amount", "parameters": parameters}
    from datetime import timedelta

    token = {"user": analyst, "scopes": ["compliance:read"], "lifetime": timedelta(days=1)}
    queue_fields = {
        "name": queue.name,
        "description": "",
        "typologies": [],
        "is_default": False,
        "lease_minutes": 30,
        "alerts_a_day": None,
    }
    calls: list[tuple[Any, dict[str, Any]]] = [
        (services.user_create, {"actor": admin, "email": "new@example.test", "name": text}),
        (services.user_create, {"actor": admin, "email": f"{text}@example.test", "name": "New"}),
        (services.user_change, {"actor": admin, "user": analyst, "name": text}),
        (services.profile_change, {"actor": analyst, "name": text, "time_zone": "UTC"}),
        (services.token_create, {"actor": analyst, "name": text, **token}),
        (note_add, {"actor": analyst, "item": case, "text": text}),
        (queue_create, {"actor": admin, "slug": "new", "name": text}),
        (queue_create, {"actor": admin, "slug": "new", "name": "New", "description": text}),
        (queue_change, {"actor": admin, "queue": queue, **queue_fields, "name": text}),
        (source_create, {"actor": admin, "slug": "new", "name": text}),
        (source_change, {"actor": admin, "source": source, "name": text}),
        (rule_create, {"actor": admin, **rule, "name": text}),
        (rule_create, {"actor": admin, **rule, "name": "New", "obligation": text}),
        (rule_create, {"actor": admin, **rule, "name": "New", "reason": text}),
    ]
    for service, arguments in calls:
        with pytest.raises(FinobsError) as refusal:
            service(**arguments)
        assert isinstance(refusal.value, Invalid), service.__name__
        assert refusal.value.fields, service.__name__
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "text", [*DECEIVING, ".............", "123 456 789", "- - - - - - -", "\u0301" * 12, "🙂🙂🙂🙂", *WITHOUT_WORDS]
)
def test_what_says_nothing_is_no_reason(text: str) -> None:
    assert why_not_reason(text)


@pytest.mark.parametrize(
    "text",
    [
        "...",
        "- - -",
        "🙂",
        "\u0301" * 9,
        "ʹʹʹʹ",
        "ـــ",
        "___",
        "¯\\_(-)_/¯",
        "a" + "\u0301" * 1_500,
        "Seen a\u0301\u0302\u0303\u0304\u0305\u0306.",
    ],
)
def test_a_note_says_something(analyst: User, queue: Queue, text: str) -> None:
    case = factories.case(inside=queue)
    with pytest.raises(Invalid) as refusal:
        note_add(actor=analyst, item=case, text=text)
    assert list(refusal.value.fields) == ["text"]


@pytest.mark.parametrize("text", ["4711", "已核实", "Ok", "مشى", "Tiếng Việt: đã kiểm tra"])
def test_a_short_note_is_one(analyst: User, queue: Queue, text: str) -> None:
    assert note_add(actor=analyst, item=factories.case(inside=queue), text=text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Überweisung geprüft.",
        "已核实客户身份",
        "проверено",
        "تم التحقق",
        "Zoe\u0308 asked.",
        "Tiếng Việt: đã kiểm tra",
        "ตรวจสอบแล้ว",
        "הֻשְׁלַם",
        "जाँच पूरी",
        "Two\nlines.",
        "OK: 3 of 4 🙂",
    ],
)
def test_words_of_any_language_are_a_reason(text: str) -> None:
    assert why_not_reason(text) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Leo Lead",
        "LEO LEAD",
        "Leo  Lead.",
        "L\u0435o L\u0435ad",
        "Le\u00f3 Lead",
        "Ｌｅｏ Ｌｅａｄ",
        "Le0 Lead",
        "leo-lead",
        "1eo 1ead",
        "Ieo Iead",
    ],
)
def test_nobody_takes_the_name_of_somebody_else(lead: User, analyst: User, admin: User, name: str) -> None:
    assert name_key(name) == name_key("Leo Lead")
    with pytest.raises(Invalid) as refusal:
        services.profile_change(actor=analyst, name=name, time_zone="UTC")
    assert list(refusal.value.fields) == ["name"]
    # Two people may be called the same: an administrator knows them both, and the address tells them apart.
    services.user_change(actor=admin, user=analyst, name="Leo Lead")
    services.profile_change(actor=analyst, name="Leo Lead", time_zone="Europe/Paris")


def test_who_has_left_may_come_back_to_their_name(lead: User, analyst: User) -> None:
    User.objects.filter(pk=lead.pk).update(is_active=False)
    with pytest.raises(Invalid):
        services.profile_change(actor=analyst, name="Leo Lead", time_zone="UTC")


def test_what_is_written_is_stored_in_one_form(admin: User, analyst: User) -> None:
    services.profile_change(actor=analyst, name="  Zoe\u0308   Ash ", time_zone="UTC")
    analyst.refresh_from_db()
    assert analyst.name == "Zo\u00eb Ash"
    body = {"email": "new@example.test", "name": "Zoe\u0308\u00a0Ash"}
    assert Client is not None
    assert (
        signed_in(admin).post("/api/v1/users", body, content_type="application/json").json()["name"] == "Zo\u00eb Ash"
    )
