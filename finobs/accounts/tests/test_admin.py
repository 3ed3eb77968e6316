"""The back office for people: what the stock admin would allow and finobs does not (SEC-12)."""

import re

import pytest
from django.contrib.auth.models import Group

from finobs.accounts import services
from finobs.accounts.models import ApiToken, User, UserSession
from finobs.accounts.tests.test_token_create import make
from tests import factories
from tests.support.clients import selected, version_of

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"


@pytest.fixture
def office(client, admin):
    client.force_login(admin)
    return client


def form(user, **changed):
    fields = {"name": user.name, "email": user.email, "time_zone": user.time_zone, "roles": user.roles}
    return fields | {"version": version_of(user), **changed}


def act(client, url, action, *rows):
    return client.post(url, {"action": action, **selected(*rows)}, follow=True)


def test_people_are_listed_filtered_and_shown_without_any_password(office, analyst, lead):
    listed = office.get(USERS, {"role": "analyst"}).content.decode()
    assert analyst.email in listed
    assert lead.email not in listed
    page = office.get(f"{USERS}{analyst.pk}/change/")
    assert page.status_code == 200
    fields = set(re.findall(r'name="(\w+)"', page.content.decode()))
    assert {"name", "email", "roles", "is_staff"} <= fields
    assert not {"password", "is_superuser", "user_permissions", "groups", "is_active"} & fields


def test_changing_goes_through_the_services(office, analyst):
    response = office.post(f"{USERS}{analyst.pk}/change/", form(analyst, name="Renamed", roles=["viewer"]))
    assert response.status_code == 302
    analyst = User.objects.get(pk=analyst.pk)
    assert (analyst.name, analyst.roles, analyst.session_epoch) == ("Renamed", ["viewer"], 1)


def test_extra_fields_in_the_form_change_nothing(office, analyst):
    extra = {
        "is_superuser": "on",
        "user_permissions": ["1"],
        "groups": ["1"],
        "password": "x",
        "kind": "system",
        "session_epoch": "0",
    }
    office.post(f"{USERS}{analyst.pk}/change/", form(analyst, **extra))
    analyst = User.objects.get(pk=analyst.pk)
    assert not analyst.is_superuser
    assert not analyst.user_permissions.exists()
    assert (analyst.roles, analyst.kind) == (["analyst"], "human")
    assert analyst.check_password(factories.PASSWORD)


def test_ones_own_roles_and_a_superuser_are_refused_in_words(office, admin, superuser):
    own = office.post(f"{USERS}{admin.pk}/change/", form(admin, roles=["viewer"], is_staff="on"), follow=True)
    assert "Nobody changes their own roles" in own.content.decode()
    other = office.post(
        f"{USERS}{superuser.pk}/change/", form(superuser, email="mine@example.test", is_staff="on"), follow=True
    )
    assert "Only a superuser" in other.content.decode()
    assert User.objects.get(pk=superuser.pk).email == superuser.email
    assert User.objects.get(pk=admin.pk).roles == ["admin"]


def test_half_a_change_is_no_change(office, admin):
    office.post(f"{USERS}{admin.pk}/change/", form(admin, name="Renamed", roles=["viewer"], is_staff="on"))
    assert User.objects.get(pk=admin.pk).name == admin.name


def test_somebody_new_gets_a_link_shown_once(office, client):
    typed = {"name": "New", "email": "new@example.test", "kind": "human", "time_zone": "UTC", "roles": ["viewer"]}
    said = office.post(f"{USERS}add/", typed, follow=True).content.decode()
    link = re.findall(r"http://testserver(/accounts/password/[^\s<]+/)", said)[0]
    assert link not in office.get(USERS).content.decode()
    client.logout()
    assert client.get(link).status_code == 200
    assert User.objects.get(email="new@example.test").roles == ["viewer"]


def test_actions_deactivate_reactivate_end_sessions_and_issue_links(office, analyst, superuser):
    said = act(office, USERS, "deactivate", analyst, superuser).content.decode()
    assert "Deactivated: 1." in said
    assert "Only a superuser" in said
    assert not User.objects.get(pk=analyst.pk).is_active
    act(office, USERS, "reactivate", analyst)
    act(office, USERS, "end_sessions", analyst)
    assert "/accounts/password/" in act(office, USERS, "issue_reset_link", analyst).content.decode()
    assert not User.objects.get(pk=analyst.pk).has_usable_password()


def test_an_auditor_with_the_admin_open_reads_and_writes_nothing(client, auditor, analyst):
    User.objects.filter(pk=auditor.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=auditor.pk))
    assert client.get(f"{USERS}{analyst.pk}/change/").status_code == 200
    assert client.post(f"{USERS}{analyst.pk}/change/", form(analyst, name="x")).status_code == 403
    assert client.get(f"{USERS}add/").status_code == 403
    assert b'value="deactivate"' not in client.get(USERS).content
    act(client, USERS, "deactivate", analyst)
    assert User.objects.get(pk=analyst.pk).is_active


def test_nobody_is_deleted(office, superuser, analyst):
    assert office.post(f"{USERS}{analyst.pk}/delete/", {"post": "yes"}).status_code == 403
    office.force_login(superuser)
    assert office.post(f"{USERS}{analyst.pk}/delete/", {"post": "yes"}).status_code == 403


def test_history_shows_what_changed_and_who(office, admin, analyst):
    services.user_change(actor=admin, user=analyst, name="Renamed")
    page = office.get(f"{USERS}{analyst.pk}/history/").content.decode()
    assert "Renamed" in page
    assert admin.name in page or admin.email in page
    assert "md5$" not in page


def test_tokens_are_read_and_revoked_there_but_not_made(office, analyst):
    token, text = make(analyst)
    url = "/admin/accounts/apitoken/"
    page = office.get(f"{url}{token.pk}/change/").content.decode()
    assert token.prefix in page
    assert token.digest not in page
    assert text not in page
    assert office.get(f"{url}add/").status_code == 403
    act(office, url, "revoke", token)
    assert ApiToken.objects.get().state == "revoked"


def test_sessions_are_read_and_ended_there(office, analyst):
    from django.test import Client

    other = Client()
    other.force_login(analyst)
    session = UserSession.objects.get(user=analyst)
    url = "/admin/accounts/usersession/"
    page = office.get(f"{url}{session.pk}/change/").content.decode()
    assert session.digest not in page
    act(office, url, "end", session)
    assert other.get("/accounts/profile/").status_code == 302


def test_roles_are_shown_and_follow_the_code(office):
    group = Group.objects.get(name="viewer")
    page = office.get(f"/admin/auth/group/{group.pk}/change/")
    assert "compliance:read" in page.content.decode()
    assert office.post(f"/admin/auth/group/{group.pk}/change/", {"name": "emperor"}).status_code == 403
    assert office.get("/admin/auth/group/add/").status_code == 403
    assert office.get(f"/admin/auth/group/{group.pk}/history/").status_code == 200
    assert office.get("/admin/auth/group/").status_code == 200
