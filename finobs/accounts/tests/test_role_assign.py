"""Roles are given by somebody else, and never beyond what the giver holds."""

import pytest

from finobs.accounts import services
from finobs.core import access
from finobs.core.errors import Invalid, NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db


def assign(actor, user, *roles):
    return services.role_assign(actor=actor, user=user, roles=set(roles))


def test_a_change_of_roles_counts_at_once_and_is_recorded(admin, analyst):
    assign(admin, analyst, "compliance", "viewer")
    fresh = type(analyst).objects.get(pk=analyst.pk)
    assert fresh.roles == ["compliance", "viewer"]
    assert access.has_permission(fresh, "compliance:resolve")
    assert fresh.session_epoch == 1
    assert last_event("user.role_assign")["data"] == {
        "given": ["compliance", "viewer"], "taken": ["analyst"], "roles": ["compliance", "viewer"],
    }  # fmt: skip
    assert fresh.history.first().history_user == admin


def test_the_same_roles_again_change_nothing(admin, analyst):
    assign(admin, analyst, "analyst")
    assert event_bodies("user.role_assign") == []
    assert type(analyst).objects.get(pk=analyst.pk).session_epoch == 0


def test_all_roles_can_be_taken(admin, analyst):
    assert assign(admin, analyst).roles == []


def test_nobody_changes_their_own(admin, superuser):
    for person in (admin, superuser):
        with pytest.raises(NotAllowed):
            assign(person, person, "viewer")


def test_only_those_who_may(analyst, lead, auditor, stranger):
    for actor in (lead, auditor):
        with pytest.raises(NotAllowed):
            assign(actor, analyst, "viewer")
    with pytest.raises(NotFound):
        assign(stranger, analyst, "viewer")


def test_a_role_with_more_than_the_giver_holds_is_not_given(admin):
    admin.token_scopes = frozenset({"user:list", "user:role_assign"})
    with pytest.raises(NotAllowed):
        assign(admin, factories.user("Plain"), "admin")


def test_roles_of_somebody_more_powerful_are_not_taken(admin):
    boss = factories.user("Boss", role="admin")
    admin.token_scopes = frozenset({"user:list", "user:role_assign"})
    with pytest.raises(NotAllowed):
        assign(admin, boss)


def test_a_role_that_does_not_exist_is_invalid(admin, analyst):
    with pytest.raises(Invalid):
        assign(admin, analyst, "emperor")


def test_what_the_ledger_refuses_does_not_happen(admin, analyst, monkeypatch):
    from finobs.accounts.services import roles

    monkeypatch.setattr(roles, "record", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        assign(admin, analyst, "viewer")
    assert type(analyst).objects.get(pk=analyst.pk).roles == ["analyst"]
