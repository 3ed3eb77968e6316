"""Who may open the administration follows from the role, however the account was made."""

from __future__ import annotations

import pytest

from finobs.accounts import services, upgrade
from finobs.accounts.models import User
from finobs.accounts.roles import ROLES
from finobs.ledger.models import Event
from tests import factories
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db


def opens(client, user: User) -> bool:
    client.force_login(User.objects.get(pk=user.pk))
    return bool(client.get("/admin/").status_code == 200)


@pytest.mark.parametrize("role", ROLES)
def test_an_account_made_by_api_opens_the_administration_exactly_if_it_is_an_administrators(role, admin, client):
    client.force_login(admin)
    body = {"email": "new@example.test", "name": "New", "roles": [role]}
    assert client.post("/api/v1/users", body, content_type="application/json").status_code == 201
    user = User.objects.get(email="new@example.test")
    assert opens(client, user) == (role == "admin")
    assert last_event("user.create")["data"]["is_staff"] == (role == "admin")


def test_it_comes_and_goes_with_the_role(admin, analyst, client):
    services.role_assign(actor=admin, user=analyst, roles=["admin", "analyst"])
    assert opens(client, analyst)
    services.role_assign(actor=admin, user=analyst, roles=["analyst"])
    assert not opens(client, analyst)


def test_an_auditor_who_was_let_in_stays_so_when_other_roles_change(admin, auditor, client):
    services.user_change(actor=admin, user=auditor, is_staff=True)
    services.role_assign(actor=admin, user=auditor, roles=["auditor", "viewer"])
    assert opens(client, auditor)


def test_a_machine_account_never_opens_it(admin, service):
    made = services.user_create(actor=admin, email="m@example.test", name="m", kind="service", roles=["admin"])
    assert not made.is_staff
    services.role_assign(actor=factories.user("Other", role="admin"), user=service, roles=["viewer"])
    assert not User.objects.get(pk=service.pk).is_staff


def test_a_superuser_goes_on_opening_it_without_the_role(superuser, admin):
    other = factories.user("Second", role="admin", is_staff=True, is_superuser=True)
    services.role_assign(actor=superuser, user=other, roles=[])
    assert User.objects.get(pk=other.pk).is_staff


def test_after_an_upgrade_an_administrator_opens_it_unless_somebody_has_closed_it_to_them(admin):
    never, closed = factories.user("Never", role="admin"), factories.user("Closed", role="admin", is_staff=True)
    services.user_change(actor=admin, user=closed, is_staff=False)
    for _ in range(2):
        upgrade.after_migrate(plan=[])
    assert (User.objects.get(pk=never.pk).is_staff, User.objects.get(pk=closed.pk).is_staff) == (True, False)
    assert last_event("user.change")["subject"]["id"] == str(never.pk)
    assert Event.objects.filter(action="user.change", subject_id=str(never.pk)).count() == 1
