"""API tokens: made by their owner, within what they hold, shown once, revoked at once."""

import math
import re
from datetime import timedelta

import pytest

from finobs.accounts import services, token_format
from finobs.accounts.models import ApiToken
from finobs.core.errors import Invalid, NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make(actor, user=None, scopes=("compliance:read",), lifetime=DAY, name="feed"):
    return services.token_create(actor=actor, user=user or actor, name=name, scopes=scopes, lifetime=lifetime)


def test_the_secret_has_256_bits_a_prefix_and_a_checksum(analyst):
    token, text = make(analyst)
    assert re.fullmatch(r"finobs_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", text)
    assert text.split("_")[1] == token.prefix
    assert math.log2(62**43) >= 256
    assert token_format.prefix_of(text) == token.prefix


@pytest.mark.parametrize("place", range(7, 65))
def test_a_mistyped_token_is_known_as_such_without_the_database(place):
    _, text = token_format.generate()
    wrong = "a" if text[place] != "a" else "b"
    assert token_format.prefix_of(text[:place] + wrong + text[place + 1 :]) is None


def test_two_tokens_have_nothing_in_common():
    made = {token_format.generate()[1] for _ in range(200)}
    assert len({text.split("_")[2][:12] for text in made}) == 200


def test_only_its_digest_is_kept_and_the_event_holds_no_secret(analyst):
    token, text = make(analyst)
    row = str(ApiToken.objects.values().get())
    assert text not in row
    assert text.split("_")[2][:20] not in row
    assert token.digest == token_format.digest(text)
    assert text.split("_")[2] not in str(last_event("token.create"))
    assert last_event("token.create")["data"]["scopes"] == ["compliance:read"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"lifetime": timedelta(days=366)}, "days"), ({"lifetime": timedelta()}, "days"), ({"lifetime": -DAY}, "days"),
        ({"scopes": ()}, "scopes"), ({"scopes": ("everything",)}, "scopes"), ({"scopes": ("system:config",)}, "scopes"),
        ({"name": " "}, "name"), ({"name": "x" * 81}, "name"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused(analyst, fields, wrong):
    with pytest.raises(Invalid) as refused:
        make(analyst, **fields)
    assert list(refused.value.fields) == [wrong]


def test_nobody_signs_for_another_person(admin, superuser, analyst):
    for actor in (admin, superuser):
        with pytest.raises(NotAllowed):
            make(actor, analyst)


def test_a_machine_gets_its_token_from_those_who_give_roles(admin, analyst, auditor):
    feed = factories.user("feed", role="viewer", kind="service")
    token, _ = make(admin, feed, scopes=("transaction:read",))
    assert (token.user, token.created_by) == (feed, admin)
    with pytest.raises(NotAllowed):
        make(auditor, feed)
    with pytest.raises(NotAllowed):
        make(analyst, feed)


def test_a_token_makes_no_tokens(admin):
    admin.token_scopes = frozenset({"user:role_assign", "compliance:read"})
    with pytest.raises(NotAllowed):
        make(admin)


class TestRevoke:
    def test_the_owner_revokes_and_twice_is_once(self, analyst):
        token, _ = make(analyst)
        first = services.token_revoke(actor=analyst, token=token).revoked_at
        assert services.token_revoke(actor=analyst, token=token).revoked_at == first
        assert len(event_bodies("token.revoke")) == 1

    def test_an_administrator_revokes_anybodys_but_a_superusers(self, admin, analyst, superuser):
        services.token_revoke(actor=admin, token=make(analyst)[0])
        with pytest.raises(NotAllowed):
            services.token_revoke(actor=admin, token=make(superuser)[0])

    def test_a_token_is_not_found_or_not_revoked_by_others(self, analyst, lead, stranger):
        token, _ = make(analyst)
        with pytest.raises(NotFound):
            services.token_revoke(actor=stranger, token=token)
        with pytest.raises(NotAllowed):
            services.token_revoke(actor=lead, token=token)


class TestPages:
    def test_the_secret_is_shown_once(self, client, analyst):
        client.force_login(analyst)
        response = client.post("/accounts/tokens/new/", {"name": "feed", "scopes": ["compliance:read"], "days": "30"})
        assert response.status_code == 201
        text = response.context["secret"]
        assert text.encode() in response.content
        assert "no-store" in response["Cache-Control"]
        listed = client.get("/accounts/tokens/").content.decode()
        assert "feed" in listed
        assert text not in listed

    def test_only_what_one_may_is_offered_and_taken(self, client, analyst):
        client.force_login(analyst)
        offered = dict(client.get("/accounts/tokens/new/").context["form"].fields["scopes"].choices)
        assert "compliance:read" in offered
        assert "system:config" not in offered
        response = client.post("/accounts/tokens/new/", {"name": "x", "scopes": ["system:config"], "days": "30"})
        assert response.status_code == 422
        assert not ApiToken.objects.exists()

    def test_revoking_is_one_button(self, client, analyst, lead, stranger):
        token, _ = make(analyst)
        client.force_login(stranger)
        assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404
        client.force_login(analyst)
        assert client.get(f"/accounts/tokens/{token.pk}/revoke/").status_code == 405
        client.post(f"/accounts/tokens/{token.pk}/revoke/", {"version": 7})
        assert ApiToken.objects.get(pk=token.pk).state == "live"
        assert client.post(f"/accounts/tokens/{token.pk}/revoke/", {"version": 1}).status_code == 302
        token.refresh_from_db()
        assert token.state == "revoked"

    def test_an_empty_list_says_what_would_be_there(self, client, analyst):
        client.force_login(analyst)
        assert b"No tokens" in client.get("/accounts/tokens/").content
