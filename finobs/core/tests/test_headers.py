"""Every answer carries the policy, whatever it is and whoever asks."""

from __future__ import annotations

import pytest
from django.test import Client

from finobs.core.tests import test_error_pages

urlpatterns = test_error_pages.urlpatterns
handler404, handler500 = test_error_pages.handler404, test_error_pages.handler500

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

ADDRESSES = [
    "/livez", "/readyz", "/", "/admin/", "/nowhere", "/refuse/forbidden/", "/refuse/away/", "/break/",
    "/api/v1/nowhere", "/api/v1/schema",
]  # fmt: skip
STATIC = ["/static/css/finobs.css", "/static/vendor/htmx/htmx.min.js", "/static/admin/css/base.css"]


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


@pytest.fixture
def signed_in(browser, superuser):
    browser.force_login(superuser, backend="finobs.accounts.backends.RolePermissionBackend")
    return browser


def policy(response):
    parts = (part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {part[0]: part[1] for part in parts}


@pytest.mark.parametrize("address", [*ADDRESSES, *STATIC])
@pytest.mark.parametrize("who", ["browser", "signed_in"])
def test_every_answer_carries_the_policy(request, who, address):
    response = request.getfixturevalue(who).get(address)
    found = policy(response)
    assert found["script-src"] == "'self'"
    assert found["style-src"] == "'self'"
    assert found["default-src"] == "'none'"
    assert found["frame-ancestors"] == "'none'"
    assert found["base-uri"] == "'none'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Request-ID"]


@pytest.mark.parametrize("address", STATIC)
def test_static_files_are_there(browser, address):
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_somebody_signed_in_saw_is_kept_nowhere(signed_in, address):
    assert "no-store" in signed_in.get(address)["Cache-Control"]


@pytest.mark.parametrize("address", ["/", "/refuse/forbidden/", "/break/"])
def test_no_page_can_be_framed(signed_in, address):
    assert signed_in.get(address)["X-Frame-Options"] == "DENY"
