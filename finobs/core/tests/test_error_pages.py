"""What people see when something cannot be done: why, what next, and the id to ask about."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path

from finobs.core import context, errors, http
from finobs.urls import urlpatterns as served

REFUSALS = {
    "bad": errors.FinobsError("The request could not be understood."),
    "forbidden": errors.NotAllowed("Only leads may."),
    "missing": errors.NotFound(),
    "conflict": errors.Conflict("Leo Lead closed it."),
    "large": errors.TooLarge(),
    "invalid": errors.Invalid("Look again.", {"amount": ["Too much."]}),
    "away": errors.Unavailable(),
}


def refuse(request, name):
    raise REFUSALS[name]


def break_down(request):
    raise ZeroDivisionError("secret of the house")


urlpatterns = [path("refuse/<str:name>/", refuse), path("break/", break_down), *served]
handler400, handler403 = "finobs.core.http.bad_request", "finobs.core.http.forbidden"
handler404, handler500 = "finobs.core.http.not_found", "finobs.core.http.server_error"

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


def sign_in(browser, user):
    browser.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")


@pytest.mark.parametrize("name", REFUSALS)
def test_each_refusal_is_a_page_with_its_status_words_and_request_id(browser, analyst, name):
    sign_in(browser, analyst)
    response = browser.get(f"/refuse/{name}/", headers={"X-Request-ID": "look-me-up-1"})
    page = response.content.decode()
    assert response.status_code == REFUSALS[name].status
    assert page.count("<h1") == 1
    assert REFUSALS[name].title in page
    assert "look-me-up-1" in page
    assert 'href="/"' in page


def test_a_refusal_keeps_the_navigation_for_who_is_signed_in(browser, analyst):
    assert 'aria-label="Main"' not in browser.get("/refuse/missing/").content.decode()
    sign_in(browser, analyst)
    assert 'aria-label="Main"' in browser.get("/refuse/missing/").content.decode()


def test_what_was_wrong_with_the_input_is_listed(browser):
    assert "amount: Too much." in browser.get("/refuse/invalid/").content.decode()


def test_a_fragment_gets_a_fragment(browser):
    response = browser.get("/refuse/conflict/", headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "Leo Lead closed it." in response.content.decode()
    assert not response.has_header("HX-Retarget")


def test_a_refused_post_by_htmx_leaves_the_form_alone(browser):
    response = browser.post("/refuse/conflict/", headers={"HX-Request": "true"})
    assert response["HX-Retarget"] == "#messages"
    assert response["HX-Reswap"] == "innerHTML"


def test_waiting_for_approval_is_no_alarm(browser, monkeypatch):
    monkeypatch.setitem(REFUSALS, "waiting", errors.ApprovalRequired(7))
    page = browser.post("/refuse/waiting/", headers={"HX-Request": "true"}).content.decode()
    assert "alert-info" in page
    assert "alert-danger" not in page


@pytest.mark.parametrize("address", ["/cases/C-%00/", "/api/v1/cases/%00", "/approvals/panel/%00/1/", "/%00"])
def test_an_address_with_nul_is_none_on_any_database(browser, superuser, address):
    sign_in(browser, superuser)
    response = browser.get(address)
    assert response.status_code == 404
    assert ("problem+json" in response["Content-Type"]) == address.startswith("/api/")


def test_a_fault_says_nothing_of_the_inside(browser, analyst):
    sign_in(browser, analyst)
    response = browser.get("/break/", headers={"X-Request-ID": "look-me-up-2"})
    page = response.content.decode()
    assert response.status_code == 500
    assert "secret of the house" not in page
    assert "ZeroDivisionError" not in page
    assert "look-me-up-2" in page


def test_the_page_of_a_fault_asks_the_database_nothing(analyst):
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils.functional import SimpleLazyObject

    request = RequestFactory().get("/break/")
    request.session = SessionStore("no-such-session")
    nobody: Any = SimpleLazyObject(lambda: pytest.fail("the page asked who this is"))
    request.user = nobody
    with context.request("look-me-up-3"), CaptureQueriesContext(connection) as asked:
        page = http.server_error(request).content.decode()
    assert len(asked) == 0
    assert "look-me-up-3" in page


def test_an_error_before_anybody_is_known_is_a_page_too():
    request = RequestFactory().get("/x/")
    assert "<h1" in http.bad_request(request).content.decode()
    request.user = AnonymousUser()
    assert "<h1" in http.forbidden(request).content.decode()
