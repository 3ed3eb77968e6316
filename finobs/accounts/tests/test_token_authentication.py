"""What an API token opens, and that nothing else does."""

from datetime import timedelta

import pytest
from django.db import connection

from finobs.accounts import services
from finobs.accounts.authentication import token_find, user_with_scopes
from finobs.accounts.models import ApiToken, User
from finobs.accounts.tests.test_token_create import make
from finobs.core import access, clock
from tests import factories

pytestmark = pytest.mark.django_db


def me(client, credentials):
    return client.get("/api/v1/me", headers={"Authorization": credentials})


def refused(response):
    return (response.status_code, response["Content-Type"], "WWW-Authenticate" in response) == (
        401, "application/problem+json", True,
    )  # fmt: skip


def test_a_token_signs_its_owner_in_within_its_scopes(client, analyst):
    _, text = make(analyst, scopes=("compliance:read", "audit:read"))
    body = me(client, f"Bearer {text}").json()
    assert body["email"] == analyst.email
    assert body["permissions"] == ["compliance:read", "audit:read"]


def test_without_one_the_answer_is_401(client, db):
    assert refused(client.get("/api/v1/me"))
    assert refused(client.get("/api/v1/users"))


def test_every_column_of_the_table_is_useless_as_a_bearer(client, analyst):
    """A leaked dump opens nothing (SEC-8)."""
    make(analyst)
    tried = 0
    for table in connection.introspection.table_names():
        if not table.startswith("accounts_"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            values = {str(value) for row in cursor.fetchall() for value in row}
        for value in values:
            if value.isascii() and "\n" not in value:
                assert me(client, f"Bearer {value}").status_code == 401
                tried += 1
    assert tried > 30
    token = ApiToken.objects.get()
    assert refused(me(client, f"Bearer finobs_{token.prefix}_{token.digest}"))


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer finobs_",
        "Bearer é",
        "Basic YTpi",
        "bearer x.y.z",
        "Token x",
        "Bearer \x00",
    ],
)
def test_malformed_credentials_are_401_not_a_fault(client, db, header):
    assert refused(me(client, header))


def test_expired_revoked_and_deactivated_are_refused(client, analyst, admin):
    token, text = make(analyst)
    with clock.at(token.expires_at - timedelta(seconds=1)):
        assert me(client, f"Bearer {text}").status_code == 200
    with clock.at(token.expires_at):
        assert refused(me(client, f"Bearer {text}"))
    services.token_revoke(actor=analyst, token=token)
    assert refused(me(client, f"Bearer {text}"))
    _, other = make(analyst)
    User.objects.filter(pk=analyst.pk).update(is_active=False)
    assert refused(me(client, f"Bearer {other}"))


def test_the_right_prefix_with_another_secret_is_refused(client, analyst):
    from finobs.accounts import token_format

    token, _ = make(analyst)
    body = f"finobs_{token.prefix}_{'0' * 43}"
    forged = body + token_format._checksum(body)
    assert token_format.prefix_of(forged) == token.prefix
    assert refused(me(client, f"Bearer {forged}"))


def test_a_token_can_do_no_more_than_its_owner_can_now(client, admin, analyst):
    _, text = make(analyst, scopes=("compliance:read", "audit:read"))
    services.role_assign(actor=admin, user=analyst, roles={"viewer"})
    assert me(client, f"Bearer {text}").json()["permissions"] == ["compliance:read"]


def test_scopes_bind_selectors_and_a_superuser_too(superuser, queue):
    case = factories.case(inside=queue)
    _, text = make(superuser, scopes=("audit:read",))
    token = token_find(text)
    assert token is not None
    narrow = user_with_scopes(token)
    assert access.has_permission(narrow, "audit:read")
    assert not access.has_permission(narrow, "compliance:read")
    assert not narrow.has_perm("accounts.compliance:read")
    assert not access.allowed(narrow, "view", case)
    assert access.allowed(superuser, "view", case)


def test_last_used_is_written_once_a_minute(client, analyst):
    token, text = make(analyst, lifetime=timedelta(days=9))
    start = clock.now()
    seen = []
    for seconds in (0, 59, 60, 61):
        with clock.at(start + timedelta(seconds=seconds)):
            me(client, f"Bearer {text}")
        token.refresh_from_db()
        seen.append((token.last_used_at - start).seconds)
    assert seen == [0, 0, 60, 60]


def test_a_token_does_not_open_pages(client, analyst):
    _, text = make(analyst)
    assert client.get("/accounts/profile/", headers={"Authorization": f"Bearer {text}"}).status_code == 302
