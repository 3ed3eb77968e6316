"""Passwords are their owner's: proved, long, not common, and a change ends every other session."""

import pytest
from django.test import Client

from finobs.accounts import services
from finobs.core.errors import Invalid, NotAllowed
from tests import factories
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db
NEW = "seven green umbrellas walking"
URL = "/accounts/password/"


def change(client, present=factories.PASSWORD, new=NEW, again=NEW):
    return client.post(URL, {"present": present, "new": new, "again": again})


def test_a_password_change_changes_and_ends_every_other_session(client, analyst):
    other = Client()
    for browser in (client, other):
        browser.force_login(analyst)
    before = client.session.session_key
    assert change(client)["Location"] == "/accounts/profile/"
    assert client.get("/accounts/profile/").status_code == 200
    assert client.session.session_key != before
    assert other.get("/accounts/profile/").status_code == 302
    analyst.refresh_from_db()
    assert analyst.check_password(NEW)
    assert analyst.session_epoch == 1
    assert last_event("user.password_change")["data"] == {"via": "present password"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"present": "not it"}, "present"), ({"new": "short", "again": "short"}, "new"),
        ({"new": "password1234", "again": "password1234"}, "new"), ({"again": "something quite else"}, "again"),
        ({"new": factories.PASSWORD, "again": factories.PASSWORD}, "new"), ({"new": "", "again": ""}, "new"),
        ({"new": "ana analyst!", "again": "ana analyst!"}, "new"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_said_beside_its_field(client, analyst, typed, field):
    client.force_login(analyst)
    response = change(client, **typed)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    analyst.refresh_from_db()
    assert analyst.check_password(factories.PASSWORD)


@pytest.mark.parametrize(
    "new", ["x" * 3 + "lowercase only", "短い 句 を たくさん 並べた 合言葉", "  spaces at both ends  ", "long " * 30]
)
def test_no_composition_is_asked_for_and_long_ones_are_kept_whole(analyst, new):
    services.password_change(actor=analyst, present=factories.PASSWORD, new=new)
    analyst.refresh_from_db()
    assert analyst.check_password(new)
    assert not analyst.check_password(new[:-1])


def test_a_token_changes_no_password(analyst):
    analyst.token_scopes = frozenset()
    with pytest.raises(NotAllowed):
        services.password_change(actor=analyst, present=factories.PASSWORD, new=NEW)


def test_nothing_of_a_password_is_in_history_or_ledger(analyst):
    services.password_change(actor=analyst, present=factories.PASSWORD, new=NEW)
    analyst.refresh_from_db()
    assert analyst.password not in str(list(analyst.history.values()))
    assert NEW not in str(last_event("user.password_change"))


def test_a_common_one_is_refused_whatever_its_length(analyst):
    with pytest.raises(Invalid):
        services.password_change(actor=analyst, present=factories.PASSWORD, new="1234567891011")
