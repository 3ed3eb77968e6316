"""The filter bars of the detection lists."""

from __future__ import annotations

import pytest
from django.test import Client

from detection.models import Rule
from finobs.accounts.models import User


@pytest.fixture
def client(analyst: User) -> Client:
    client = Client()
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


@pytest.mark.parametrize("page", ["alerts", "rules", "models"])
def test_a_filter_looks_like_every_other_field(page: str, client: Client) -> None:
    text = client.get(f"/detection/{page}/").content.decode()
    assert 'class="form-label"' in text
    assert 'class="form-select"' in text


def test_no_choice_is_called_unknown(client: Client) -> None:
    text = client.get("/detection/rules/").content.decode()
    assert "Unknown" not in text
    assert '<option value="true">Yes</option>' in text


@pytest.mark.parametrize(("asked", "found"), [("true", False), ("false", True), ("", True)])
def test_rules_are_chosen_by_whether_they_are_in_force(asked: str, found: bool, client: Client) -> None:
    Rule.objects.all().delete()
    Rule.objects.create(slug="idle", name="An idle rule", kind="amount", typology="large_amount")
    text = client.get("/detection/rules/", {"in_force": asked}).content.decode()
    assert ("An idle rule" in text) is found
