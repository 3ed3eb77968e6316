"""Whatever a request names has an effect or is refused by its name: every address, every body, enumerated.

A filter that nobody reads would answer with everything; a field that nobody reads would be believed to be set.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from finobs.core.api import ServiceAction, StrictView
from finobs.ledger.models import Event
from tests.support import scenarios
from tests.support.addresses import Address, addresses
from tests.support.clients import signed_in
from tests.test_api_coverage import api_views

pytestmark = pytest.mark.django_db
API = "api/v1/"
UNKNOWN = "no_such_name"
# Bodies that are rows: a row with an unknown field goes to quarantine, or is refused, alone and by the field's name.
ROWS = {"transactions_api:transaction-list", "transactions_api:label-list", "detection_api:alert-list"}
ROWS |= {"transactions_api:exchange-rate-list", "detection_api:decision-make", "detection_api:decision-batch"}
ROWS |= {
    f"transactions_api:{name}-list" for name in ("customer", "account-party", "relation", "account", "counterparty")
}


@pytest.fixture
def scene(queue, analyst, lead, superuser) -> scenarios.Scene:
    return scenarios.everything(queue, analyst, lead, superuser)


@pytest.fixture
def browser(superuser) -> Client:
    return signed_in(superuser, raise_request_exception=False)


def operations() -> list[tuple[Address, str]]:
    return [(each, method) for each in addresses() if each.route.startswith(API) for method in each.methods]


def send(client: Client, method: str, address: str, body: Any = None) -> Any:
    """With the answer's effects rolled back."""
    with transaction.atomic():
        text = "" if body is None else json.dumps(body)
        headers = {"Idempotency-Key": "unknown-1"}
        response = client.generic(method, address, text, content_type="application/json", headers=headers)
        transaction.set_rollback(True)
    return response


def pointers(response: Any) -> list[str]:
    assert response["Content-Type"] == "application/problem+json", response.content
    return [error["pointer"] for error in response.json().get("errors", ())]


def test_every_view_of_the_api_reads_its_parameters_strictly():
    assert [name for name, view in api_views().items() if not issubclass(view, StrictView)] == []


def test_an_unknown_parameter_is_refused_by_its_name_at_every_address_of_the_api(browser, scene):
    wrong = []
    for address, method in operations():
        body = scenarios.body(method, address, scene) if method != "GET" else None
        before = Event.objects.count()
        response = send(browser, method, f"/{scenarios.fill(address, scene)}?{UNKNOWN}=1", body)
        if response.status_code != 422 or f"#/{UNKNOWN}" not in pointers(response) or Event.objects.count() != before:
            wrong.append((method, address.route, response.status_code))
    assert wrong == []


def test_no_known_parameter_of_a_list_is_refused_as_unknown(browser, scene):
    for address, method in operations():
        view = api_views().get(address.name)
        if method != "GET" or view is None or not getattr(view, "filterset_class", None):
            continue
        for name in (*view.filterset_class.base_filters, "cursor", "limit"):
            response = send(browser, "GET", f"/{scenarios.fill(address, scene)}?{name}=")
            assert response.status_code in (200, 422), (address.route, name)
            assert response.status_code == 200 or "There is no parameter" not in response.content.decode()


def test_a_parameter_that_says_two_things_is_refused_where_one_would_be_dropped(browser):
    for said, status in [("source=a&source=b", 422), ("direction=in&direction=in", 200)]:
        assert browser.get(f"/api/v1/transactions?{said}").status_code == status
    assert browser.get("/api/v1/cases?status=open&status=closed").status_code in (200, 422)
    assert "stands 2 times" not in browser.get("/api/v1/cases?status=open&status=closed").content.decode()


@pytest.mark.parametrize("limit", ["abc", "-1", "0", "1.5", "²", "1e3"])
def test_a_limit_that_is_no_number_is_refused(browser, limit):
    response = browser.get(f"/api/v1/transactions?limit={limit}")
    assert (response.status_code, pointers(response)) == (422, ["#/limit"])


def test_an_unknown_parameter_is_refused_by_every_page_with_a_list(browser, scene):
    lists = 0
    for address in addresses():
        if address.route.startswith((API, "admin/")) or "GET" not in address.methods:
            continue
        path = "/" + scenarios.fill(address, scene)
        response = browser.get(path)
        if response.status_code != 200 or not response.context or "page" not in response.context:
            continue
        lists += 1
        refused = browser.get(f"{path}?{UNKNOWN}=1")
        assert refused.status_code == 422, path
        assert UNKNOWN in refused.content.decode(), path
    assert lists > 15


def test_a_filter_that_makes_no_sense_never_shows_the_whole_queue(browser, queue):
    assert browser.get(f"/cases/queues/{queue.slug}/?holder=nonsense").status_code == 422
    assert browser.get("/approvals/?show=nonsense").status_code == 422


def writes() -> list[tuple[Address, str]]:
    return [(each, method) for each, method in operations() if method != "GET"]


def test_an_unknown_field_is_refused_by_its_name_in_every_body(browser, scene):
    wrong = []
    for address, method in writes():
        body = scenarios.body(method, address, scene) | {UNKNOWN: "1"}
        before = Event.objects.count()
        response = send(browser, method, f"/{scenarios.fill(address, scene)}", body)
        if address.name in ROWS:
            found = UNKNOWN in response.content.decode() and response.status_code in (200, 422)
        else:
            found = response.status_code == 422 and f"#/{UNKNOWN}" in pointers(response)
            found = found and Event.objects.count() == before
        if not found:
            wrong.append((method, address.name, response.status_code, response.content[:200]))
    assert wrong == []


def test_every_body_has_a_serializer_that_this_file_has_sent_an_unknown_field_to():
    sent = {address.name for address, _ in writes()}
    bodies = {name for name, view in api_views().items() if issubclass(view, ServiceAction)}
    assert bodies <= sent


def test_rows_are_of_the_one_source_that_the_request_names(browser, scene):
    row = {**scenarios.ROW, "source": 5}
    slug = scene.subjects["sources"]
    for body, address in [(row, f"?source={slug}"), ({**row, "source": "another"}, f"?source={slug}")]:
        response = send(browser, "POST", f"/api/v1/transactions{address}", body)
        assert (response.status_code, pointers(response)) == (422, ["#/source"])
