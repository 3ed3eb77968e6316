"""Nothing that is typed as a password, or in its place, is kept anywhere: not where it was right, not where it was wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from axes.models import AccessAttempt
from django import forms
from django.apps import apps
from django.test import Client, RequestFactory
from rest_framework import serializers

import finobs.urls as urls
from finobs.accounts import login
from finobs.accounts.addresses import MAX_ADDRESS_LENGTH
from finobs.accounts.throttling import NO_ADDRESS_PREFIX, attempt_key
from finobs.core import clock
from tests.support import scenarios
from tests.support.addresses import addresses
from tests.support.clients import signed_in

from .test_secrets_at_rest import values

pytestmark = pytest.mark.django_db
assert urls
MARK = "typed-8c41f"
NAMES = ("username", "email")


def subclasses(of: Any) -> Iterator[Any]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def password_fields() -> set[str]:
    """The name of every field, of a page or of a body, into which a password is typed."""
    of_pages = {
        name for form in subclasses(forms.BaseForm) for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, forms.PasswordInput)
    }  # fmt: skip
    of_bodies = {
        name for each in subclasses(serializers.Serializer) for name, field in each._declared_fields.items()
        if "password" in name or field.style.get("input_type") == "password"
    }  # fmt: skip
    return of_pages | of_bodies


def stored() -> set[str]:
    return {column for column, text in values() if MARK in text.casefold()}


def test_no_address_keeps_what_was_typed_into_it(queue, analyst, lead, superuser, settings) -> None:
    # Each address is to be reached, and the throttle has tests of its own.
    settings.AXES_FAILURE_LIMIT = 10_000
    scene = scenarios.everything(queue, analyst, lead, superuser)
    fields = password_fields()
    assert {"password", "present", "new", "again"} <= fields
    typed = dict.fromkeys((*fields, *NAMES), f"{MARK} of mine")
    for person in (None, analyst, superuser):
        for address in addresses():
            if "POST" not in address.methods:
                continue
            path = "/" + scenarios.fill(address, scene)
            client = Client(raise_request_exception=False) if person is None else signed_in(person)
            for body in (typed, typed | {"username": analyst.email, "email": analyst.email}):
                if path.startswith("/api/"):
                    client.post(path, json.dumps(body), content_type="application/json")
                else:
                    client.post(f"{path}?password={MARK}", body)
    paths = set(AccessAttempt.objects.values_list("path_info", flat=True))
    assert len(paths) >= 2, "no password was ever refused"
    assert stored() == set()


def test_a_wrong_present_password_is_on_no_page_of_the_admin(analyst, superuser) -> None:
    signed_in(analyst).post("/accounts/password/", {"present": MARK, "new": f"{MARK} new", "again": f"{MARK} new"})
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.failures_since_start) == (analyst.email_key, 1)
    page = signed_in(superuser).get(f"/admin/axes/accessattempt/{attempt.pk}/change/", follow=True)
    assert page.status_code == 200
    assert MARK not in page.content.decode()


def test_failures_of_what_is_no_address_are_counted_all_the_same() -> None:
    """The form of today refuses it before; whatever form comes next need not."""
    for _ in range(2):
        assert login.authenticate(RequestFactory().post("/", {"username": MARK, "word": MARK}), MARK, MARK) is None
    attempt = AccessAttempt.objects.get()
    assert attempt.username.startswith(NO_ADDRESS_PREFIX)
    assert (attempt.failures_since_start, attempt.post_data, attempt.get_data) == (2, "", "")


def test_an_address_has_its_own_key_and_all_else_a_digest() -> None:
    assert attempt_key(" Ann@EXAMPLE.test ") == "ann@example.test"
    assert attempt_key("") == ""
    others = [
        "ann",
        "ann@",
        "correct horse battery staple",
        f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.test",
    ]
    keys = {attempt_key(each) for each in others}
    assert len(keys) == len(others)
    assert all(key.startswith(NO_ADDRESS_PREFIX) and len(key) <= MAX_ADDRESS_LENGTH for key in keys)


def test_what_was_kept_before_is_forgotten() -> None:
    """The migration; rows are made as an earlier version left them."""
    row = {"user_agent": "b", "failures_since_start": 1, "attempt_time": clock.now()}
    AccessAttempt.objects.bulk_create(
        AccessAttempt(username=name, get_data=f"a={MARK}", post_data=f"present={MARK}", **row)
        for name in ("ann@example.test", MARK)
    )
    assert stored() != set()
    import_module("finobs.accounts.migrations.0005_no_typed_words").forget(apps, None)
    assert stored() == set()
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["ann@example.test"]
