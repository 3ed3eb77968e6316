"""Passwords are their owner's: proved, long, not common, and a change ends every other session."""

import re
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.test import Client

import finobs
from finobs.accounts import services
from finobs.core.errors import Invalid, NotAllowed
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

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
    "new",
    [
        "x" * 3 + "lowercase only",
        "短い 句 を たくさん 並べた 合言葉",
        "  spaces at both ends  ",
        " ".join(f"word{n}" for n in range(40)),
    ],
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


def test_guesses_of_the_present_password_are_throttled_as_sign_in_is(client, analyst):
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    new = {"new": "violet-anchor-sings", "again": "violet-anchor-sings"}
    statuses = [client.post(URL, {"present": f"wrong guess {n}", **new}).status_code for n in range(25)]
    assert statuses == [422] * 4 + [429] * 21
    # The right one is not compared either while the limit holds, here and at sign-in alike.
    assert client.post(URL, {"present": factories.PASSWORD, **new}).status_code == 429
    sent = {"username": analyst.email, "password": factories.PASSWORD}
    assert Client().post("/accounts/sign-in/", sent).status_code == 429
    analyst.refresh_from_db()
    assert analyst.check_password(factories.PASSWORD)
    assert len(event_bodies("sign_in_failed")) == 5


def test_guesses_at_sign_in_and_of_the_present_password_are_counted_together(client, analyst):
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    for guess in range(3):
        Client().post("/accounts/sign-in/", {"username": analyst.email, "password": f"wrong {guess}"})
    new = {"new": "violet-anchor-sings", "again": "violet-anchor-sings"}
    statuses = [client.post(URL, {"present": f"wrong {n}", **new}).status_code for n in range(3)]
    assert statuses == [422, 429, 429]


def test_a_change_forgets_the_failures_before_it(client, analyst):
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    new = {"new": "violet-anchor-sings", "again": "violet-anchor-sings"}
    for guess in range(3):
        client.post(URL, {"present": f"wrong {guess}", **new})
    assert client.post(URL, {"present": factories.PASSWORD, **new}).status_code == 302
    assert not AccessAttempt.objects.filter(username=analyst.email).exists()


def test_a_password_is_compared_behind_the_throttle_only():
    """Whoever compares one elsewhere makes a second place to guess it."""
    root = Path(finobs.__file__).parent.parent
    files = {
        str(file.relative_to(root))
        for folder in ("finobs", "cases", "detection", "approvals", "transactions", "exports", "agents")
        for file in (root / folder).rglob("*.py")
        if "tests" not in file.parts and re.search(r"\bcheck_password\(|\bauth\.authenticate\(", file.read_text())
    }
    # The first behind the second: `login.require_password` comes before the service that compares under its lock.
    assert files == {"finobs/accounts/services/passwords.py", "finobs/accounts/login.py"}
    callers = {
        str(file.relative_to(root))
        for file in (root / "finobs").rglob("*.py")
        if "tests" not in file.parts and "services.password_change(" in file.read_text()
    }
    assert callers == {"finobs/accounts/login.py"}
