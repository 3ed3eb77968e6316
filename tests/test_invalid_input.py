"""What nobody means to send: every list and form answers it with a refusal, never with a fault."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from detection.rules.services import ensure_default_rules
from finobs.accounts.models import User
from tests import factories
from tests.support.clients import if_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(superuser: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(superuser, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


BEFORE_TIME, AFTER_TIME = "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize(
    "address",
    [
        f"/api/v1/cases?opened_after={BEFORE_TIME}",
        f"/api/v1/cases?opened_before={AFTER_TIME}",
        f"/cases/incidents/?last_after={BEFORE_TIME}",
        f"/admin/detection/alert/?created_at__gte={BEFORE_TIME}",
        "/api/v1/transactions?batch=1e40",
        f"/transactions/quarantine/?batch={2**63}",
        "/admin/cases/case/?status__exact=%00",
        "/admin/ledger/event/?actor_type__exact=a%00b",
    ],
)
def test_a_filter_by_what_cannot_be_is_no_fault(browser: Client, address: str) -> None:
    assert browser.get(address).status_code in (200, 400)


def test_a_mark_that_is_no_number_marks_nothing(browser: Client) -> None:
    account = factories.account()
    assert browser.get(f"/transactions/accounts/{account.pk}/activity/?mark=%C2%B2").status_code == 200


@pytest.mark.parametrize(
    "said", ["[" * 100_000, '{"currency": ' + "9" * 5_000 + "}", '{"a": "\\u0000"}', '{"a": "\\ud800"}', "NaN"]
)
@pytest.mark.parametrize(
    ("address", "field"), [("/admin/detection/rule/add/", "parameters"), ("/admin/transactions/source/add/", "mapping")]
)
def test_json_typed_into_the_admin_is_no_fault(browser: Client, address: str, field: str, said: str) -> None:
    typed = {
        "slug": "new", "name": "New", "kind": "amount", "typology": "large_amount", "reason": "Why not.",
        "time_zone": "UTC", field: said,
    }  # fmt: skip
    response = browser.post(address, typed)
    assert response.status_code == 200
    assert "Enter a valid JSON" in response.content.decode()


@pytest.mark.parametrize("value", ["\\u0000", "\\ud800", "9" * 30_000, "\u0663", "1e-999999999"])
@pytest.mark.parametrize("name", ["currency", "review_at", "block_at", "reason", "nonsense"])
def test_parameters_of_a_rule_may_be_anything(browser: Client, superuser: User, name: str, value: str) -> None:
    rule = ensure_default_rules(actor=superuser)[0]
    said = {"currency": "USD", "review_at": "1.00", "block_at": "2.00", "reason": "Because.", name: "?"}
    body = {"parameters": {key: text for key, text in said.items() if key != "reason"}, "reason": said["reason"]}
    text, headers = json.dumps(body).replace("?", value), if_match(rule)
    path = f"/api/v1/rules/{rule.slug}/versions"
    response = browser.post(path, text, content_type="application/json", headers=headers)
    assert response.status_code in (201, 400, 422)


def test_a_field_named_by_half_a_character_is_refused_in_words(browser: Client) -> None:
    response = browser.post("/api/v1/auth/token", '{"\\ud800": 1}', content_type="application/json")
    assert response.status_code == 422
    assert "There is no such field." in response.content.decode()
