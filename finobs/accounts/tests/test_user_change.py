"""What is said about somebody is changed by those with reach over them, never upwards (SEC-12)."""

from typing import Any

import pytest

from finobs.accounts import services
from finobs.accounts.system import system_actor
from finobs.core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db):
    """May change people, but holds little else and may not give roles."""
    person = factories.user("Clara Clerk", role="admin")
    person.token_scopes = frozenset({"user:list", "user:update", "user:create", "user:delete"})
    return person


def test_a_change_of_a_person_changes_and_records_the_fields_not_the_values(admin, analyst):
    services.user_change(actor=admin, user=analyst, name="Ana B.", email="ANA@example.test", time_zone="Europe/Rome")
    analyst.refresh_from_db()
    assert (analyst.name, analyst.email, analyst.time_zone) == ("Ana B.", "ana@example.test", "Europe/Rome")
    assert set(last_event("user.change")["changes"]) == {"email", "name", "time_zone"}
    assert analyst.history.first().history_user == admin


def test_nothing_changed_is_nothing_recorded(admin, analyst):
    services.user_change(actor=admin, user=analyst, name=analyst.name)
    assert event_bodies("user.change") == []


@pytest.mark.parametrize("act", ["user_change", "user_deactivate", "password_reset_issue", "sessions_end"])
def test_nobody_without_all_that_they_hold_touches_the_powerful(clerk, admin, act):
    fields = {"name": "Owned"} if act == "user_change" else {}
    with pytest.raises(NotAllowed):
        getattr(services, act)(actor=clerk, user=admin, **fields)


@pytest.mark.parametrize(
    "act", ["user_change", "user_deactivate", "password_reset_issue", "sessions_end", "role_assign"]
)
def test_no_administrator_touches_a_superuser_or_a_part_of_finobs(admin, superuser, act):
    asked: dict[str, dict[str, Any]] = {
        "user_change": {"email": "owned@example.test"},
        "role_assign": {"roles": {"viewer"}},
    }
    fields = asked.get(act, {})
    for target in (superuser, system_actor("assess")):
        with pytest.raises(NotAllowed):
            getattr(services, act)(actor=admin, user=target, **fields)


def test_not_even_a_superuser_changes_a_part_of_finobs(superuser):
    with pytest.raises(NotAllowed):
        services.user_change(actor=superuser, user=system_actor("assess"), name="x")


def test_a_superuser_changes_a_superuser_but_not_through_a_scoped_token(superuser):
    other = factories.user("Other", is_superuser=True)
    services.user_change(actor=superuser, user=other, name="Renamed")
    superuser.token_scopes = frozenset({"user:list", "user:update"})
    with pytest.raises(NotAllowed):
        services.user_change(actor=superuser, user=other, name="Again")


def test_an_inactive_administrator_is_still_out_of_reach(clerk, admin):
    type(admin).objects.filter(pk=admin.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        services.user_reactivate(actor=clerk, user=admin)
    with pytest.raises(NotAllowed):
        services.user_change(actor=clerk, user=admin, email="mine@example.test")


def test_the_admin_is_opened_by_those_who_assign_roles_never_to_oneself(clerk, admin, analyst):
    plain = factories.user("Plain")
    with pytest.raises(NotAllowed):
        services.user_change(actor=clerk, user=plain, is_staff=True)
    with pytest.raises(NotAllowed):
        services.user_change(actor=admin, user=admin, is_staff=False)
    services.user_change(actor=admin, user=analyst, is_staff=True)
    analyst.refresh_from_db()
    assert (analyst.is_staff, analyst.session_epoch) == (True, 1)


def test_people_are_not_found_by_those_who_see_nobody(analyst, auditor, lead):
    with pytest.raises(NotFound):
        services.user_change(actor=analyst, user=lead, name="x")
    with pytest.raises(NotAllowed):
        services.user_change(actor=auditor, user=lead, name="x")


def test_everybody_changes_their_own_name_and_zone_and_nothing_else(client, analyst):
    client.force_login(analyst)
    typed = {
        "name": "Ana Again",
        "time_zone": "Asia/Tokyo",
        "is_superuser": "on",
        "email": "x@example.test",
        "roles": "admin",
        "version": analyst.version,
    }
    assert client.post("/accounts/profile/", typed).status_code == 302
    before = analyst.email
    analyst.refresh_from_db()
    assert (analyst.name, analyst.time_zone, analyst.email) == ("Ana Again", "Asia/Tokyo", before)
    assert (analyst.roles, analyst.is_superuser) == (["analyst"], False)


def test_a_profile_that_does_not_hold_is_shown_again(client, analyst):
    client.force_login(analyst)
    response = client.post("/accounts/profile/", {"name": "", "time_zone": "Mars/Olympus", "version": 1})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "time_zone"}


class TestDeactivate:
    def test_a_deactivation_shuts_out_at_once(self, client, admin, analyst):
        from datetime import timedelta

        client.force_login(analyst)
        _, secret = services.token_create(
            actor=analyst, user=analyst, name="x", scopes={"compliance:read"}, lifetime=timedelta(days=1)
        )
        services.user_deactivate(actor=admin, user=analyst)
        assert client.get("/accounts/profile/").status_code == 302
        client.logout()
        assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
        assert last_event("user.deactivate")["data"] == {"sessions_ended": 1, "tokens_revoked": 1}

    def test_nobody_deactivates_themselves(self, admin):
        with pytest.raises(NotAllowed):
            services.user_deactivate(actor=admin, user=admin)

    def test_twice_is_a_refusal_and_so_is_reactivating_the_active(self, admin, analyst):
        with pytest.raises(InvalidTransition):
            services.user_reactivate(actor=admin, user=analyst)
        services.user_deactivate(actor=admin, user=analyst)
        with pytest.raises(InvalidTransition):
            services.user_deactivate(actor=admin, user=analyst)

    def test_reactivating_gives_back_roles_but_no_tokens(self, admin, analyst):
        services.user_deactivate(actor=admin, user=analyst)
        back = services.user_reactivate(actor=admin, user=analyst)
        assert (back.is_active, back.roles) == (True, ["analyst"])
        assert len(event_bodies("user.reactivate")) == 1

    def test_an_unknown_zone_cannot_be_saved(self, admin, analyst):
        with pytest.raises(Invalid):
            services.user_change(actor=admin, user=analyst, time_zone="Nowhere")
