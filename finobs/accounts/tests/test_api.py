"""People and tokens over the API: the same services, unknown fields refused."""

import pytest

from finobs.accounts.models import ApiToken, User
from tests import factories
from tests.support.clients import if_match
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db


def send(client, method, path, body=None, seen=None):
    """`seen`: the row that the caller has just read."""
    headers = if_match(seen) if seen is not None else {}
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def test_me_says_who_and_what(client, analyst):
    client.force_login(analyst)
    body = client.get("/api/v1/me").json()
    assert (body["name"], body["roles"], len(body["permissions"])) == ("Ana Analyst", ["analyst"], 8)
    assert "password" not in str(body)


def test_the_list_is_paged_and_filtered(as_admin, admin, analyst):
    for number in range(3):
        factories.user(f"Viewer {number}", role="viewer")
    found = as_admin.get("/api/v1/users", {"role": "viewer", "limit": 2}).json()
    assert [person["name"] for person in found["results"]] == ["Viewer 0", "Viewer 1"]
    older = as_admin.get(found["older"]).json()
    assert [person["name"] for person in older["results"]] == ["Viewer 2"]
    assert as_admin.get("/api/v1/users", {"q": "ana a"}).json()["results"][0]["id"] == analyst.pk


def test_people_are_not_found_by_those_who_may_not_see_them(client, analyst, admin):
    client.force_login(analyst)
    assert client.get("/api/v1/users").json()["results"] == []
    assert client.get(f"/api/v1/users/{admin.pk}").status_code == 404


def test_a_person_is_added_changed_given_roles_and_deactivated(as_admin):
    made = send(as_admin, "post", "users", {"email": "new@example.test", "name": "New"})
    assert made.status_code == 201
    where, new = f"users/{made.json()['id']}", User.objects.get(pk=made.json()["id"])
    assert send(as_admin, "patch", where, {"name": "Newer"}, new).json()["name"] == "Newer"
    assert send(as_admin, "put", f"{where}/roles", {"roles": ["viewer"]}, new).json()["roles"] == ["viewer"]
    assert "/accounts/password/" in send(as_admin, "post", f"{where}/reset-password", seen=new).json()["url"]
    assert send(as_admin, "post", f"{where}/end-sessions", seen=new).status_code == 204
    assert send(as_admin, "post", f"{where}/deactivate", seen=new).json()["is_active"] is False
    assert send(as_admin, "post", f"{where}/deactivate", seen=new).status_code == 409
    assert send(as_admin, "post", f"{where}/reactivate", seen=new).json()["is_active"] is True


@pytest.mark.parametrize(
    "field", ["is_superuser", "is_staff", "groups", "user_permissions", "password", "session_epoch", "id"]
)
def test_fields_nobody_may_set_are_refused_not_ignored(as_admin, analyst, field):
    assert send(as_admin, "patch", f"users/{analyst.pk}", {field: 1}).status_code == 422
    body = {"email": "new@example.test", "name": "New", field: 1}
    assert send(as_admin, "post", "users", body).status_code == 422
    assert not User.objects.filter(email="new@example.test").exists()


def test_ones_own_roles_and_a_superuser_are_out_of_reach(as_admin, admin, superuser):
    assert send(as_admin, "put", f"users/{admin.pk}/roles", {"roles": ["viewer"]}).status_code == 403
    assert send(as_admin, "patch", f"users/{superuser.pk}", {"email": "mine@example.test"}).status_code == 403
    assert send(as_admin, "post", f"users/{superuser.pk}/reset-password").status_code == 403


def test_an_auditor_reads_and_writes_nothing(client, auditor, analyst):
    client.force_login(auditor)
    assert client.get(f"/api/v1/users/{analyst.pk}").status_code == 200
    assert send(client, "patch", f"users/{analyst.pk}", {"name": "x"}).status_code == 403
    assert send(client, "post", "users", {"email": "n@example.test", "name": "n"}).status_code == 403


def test_tokens_are_made_listed_and_revoked(client, analyst, lead):
    client.force_login(analyst)
    made = send(client, "post", "tokens", {"name": "feed", "scopes": ["compliance:read"], "days": 30}).json()
    assert made["secret"].startswith(f"finobs_{made['prefix']}_")
    listed = client.get("/api/v1/tokens").json()["results"]
    assert [token["id"] for token in listed] == [made["id"]]
    assert "secret" not in listed[0]
    assert send(client, "post", f"tokens/{made['id']}/revoke", seen=ApiToken.objects.get()).json()["state"] == "revoked"
    client.force_login(lead)
    assert client.get("/api/v1/tokens").json()["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": "x", "scopes": [], "days": 1}, {"name": "x", "scopes": ["nope"], "days": 1}, {"name": "x", "scopes": ["compliance:read"]},
        {"name": "x", "scopes": ["compliance:read"], "days": 366}, {"name": "x", "scopes": ["system:config"], "days": 1},
        {"name": "x", "scopes": ["compliance:read"], "days": 1, "user": "me"}, {"name": "x", "scopes": ["compliance:read"], "days": 10**30},
    ],
)  # fmt: skip
def test_a_token_that_does_not_hold_is_422(client, analyst, body):
    client.force_login(analyst)
    assert send(client, "post", "tokens", body).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_machines_token_is_made_by_an_administrator(as_admin, service):
    body = {"name": "feed", "scopes": ["transaction:create"], "days": 30, "user": service.pk}
    assert send(as_admin, "post", "tokens", body).json()["owner"] == service.pk
    assert last_event("token.create")["data"]["of"] == str(service.pk)
