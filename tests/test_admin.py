"""The back office: the same rules as everywhere, nothing put back by hand, grants through services."""

from __future__ import annotations

import pytest
from django.contrib import admin as stock
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from cases.models import Queue
from finobs.core import access
from finobs.core.admin import AccessAdmin
from finobs.core.admin_site import FinobsAdminSite, ReadOnlyAdmin
from finobs.ledger.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter():
    def signed_in(user):
        client = Client()
        client.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")
        return client

    return signed_in


def grants_of(queue, user_or_group=None):
    page = reverse("admin:cases_queue_permissions", args=[queue.pk])
    if user_or_group is None:
        return page
    kind = "group" if isinstance(user_or_group, Group) else "user"
    return f"{page}{kind}-manage/{user_or_group.pk}/"


def test_every_model_is_written_by_services_or_not_at_all():
    assert type(stock.site) is FinobsAdminSite or isinstance(stock.site, FinobsAdminSite)
    loose = {
        model for model, shown in stock.site._registry.items() if not isinstance(shown, AccessAdmin | ReadOnlyAdmin)
    }
    assert loose == set()


def test_what_a_library_registered_cannot_be_written_even_by_a_superuser(superuser, enter):
    shown = [model for model, page in stock.site._registry.items() if isinstance(page, ReadOnlyAdmin)]
    assert shown
    for model in shown:
        opts = model._meta
        client = enter(superuser)
        assert client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_add")).status_code == 403
        assert client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")).status_code == 200


def test_the_admin_has_no_sign_in_of_its_own(client, analyst, enter):
    assert client.get("/admin/").headers["Location"].startswith(reverse("admin:login"))
    assert client.get("/admin/login/?next=/admin/").headers["Location"].startswith(reverse("accounts:sign-in"))
    assert enter(analyst).get("/admin/login/").status_code == 403


def test_an_administrator_gives_and_takes_a_grant_with_an_event_for_each(admin, analyst, queue, enter):
    client = enter(admin)
    response = client.post(grants_of(queue, analyst), {"grants": ["view", "lead"], "version": queue.version})
    assert response.headers["Location"] == grants_of(queue)
    assert access.allowed(analyst, "view", queue)
    held = set(access.granted_ids(analyst, Queue, ["lead"]))
    assert held == {queue.pk}
    assert access.granted_ids(analyst, Queue, ["work"]) == []
    acts = Event.objects.filter(action__startswith="queue.").order_by("id").values_list("action", flat=True)
    assert sorted(acts) == ["queue.grant", "queue.grant", "queue.revoke"]


def test_saving_the_same_grants_records_nothing(admin, analyst, queue, enter):
    enter(admin).post(grants_of(queue, analyst), {"grants": ["work"], "version": queue.version})
    assert not Event.objects.filter(action__startswith="queue.").exists()


def test_a_group_can_hold_a_grant(admin, queue, enter):
    team = Group.objects.create(name="aml")
    enter(admin).post(grants_of(queue, team), {"grants": ["view"], "version": queue.version})
    member = factories.user("Mia Member", role="analyst")
    assert not access.allowed(member, "view", queue)
    member.groups.add(team)
    assert access.allowed(member, "view", queue)


def test_nobody_gives_a_grant_to_themselves(admin, queue, enter):
    response = enter(admin).post(grants_of(queue, admin), {"grants": ["lead"], "version": queue.version}, follow=True)
    assert "Nobody gives a grant to themselves." in response.content.decode()
    assert access.granted_ids(admin, Queue, ["lead"]) == []


def test_who_holds_what_is_shown_and_somebody_else_can_be_named(admin, analyst, stranger, queue, enter):
    client = enter(admin)
    shown = client.get(grants_of(queue)).content.decode()
    assert str(analyst) in shown
    assert str(stranger) not in shown
    response = client.post(grants_of(queue), {"person": "1", "user": stranger.email})
    assert response.headers["Location"] == grants_of(queue, stranger)
    refused = client.post(grants_of(queue), {"person": "1", "user": "nobody@example.test"}).content.decode()
    assert "Nobody has this e-mail." in refused


@pytest.mark.parametrize("person", ["analyst", "lead", "auditor"])
def test_grants_are_not_for_those_who_may_not_assign_them(person, request, stranger, queue, enter):
    user = request.getfixturevalue(person)
    user.is_staff = True
    user.save()
    client = enter(user)
    assert client.get(grants_of(queue)).status_code == 403
    assert client.post(grants_of(queue, stranger), {"grants": ["lead"], "version": queue.version}).status_code == 403
    assert access.granted_ids(stranger, Queue, ["lead"]) == []


def test_a_grant_on_nothing_is_not_there(admin, analyst, queue, enter):
    client = enter(admin)
    assert client.get(grants_of(queue).replace(str(queue.pk), "0")).status_code == 404
    assert client.get(f"{grants_of(queue)}user-manage/0/").status_code == 404
    assert client.get(f"{grants_of(queue)}user-manage/x/").status_code == 404


def test_an_invented_grant_is_refused(admin, analyst, queue, enter):
    response = enter(admin).post(grants_of(queue, analyst), {"grants": ["own"], "version": queue.version})
    assert response.status_code == 200
    assert "not one of the available choices" in response.content.decode()


def test_history_is_read_and_never_put_back(superuser, queue, enter):
    client = enter(superuser)
    queue.name = "Renamed"
    queue.save()
    past = queue.history.earliest()
    page = reverse("admin:cases_queue_simple_history", args=[queue.pk, past.pk])
    shown = client.get(page)
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.content.decode()
    assert client.post(page, {"name": "AML level 1"}).status_code == 403
    queue.refresh_from_db()
    assert queue.name == "Renamed"


@pytest.mark.parametrize("version", ["x", "%C2%B2", "%00", "9" * 30, "-1"])
def test_a_version_that_is_no_number_is_not_there(superuser, queue, enter, version):
    assert enter(superuser).get(f"/admin/cases/queue/{queue.pk}/history/{version}/").status_code == 404


def test_an_object_that_is_no_key_is_not_there(superuser, enter):
    """The admin goes to its index for what it does not find."""
    for key in ("..%2F..", "%00", "%C2%B2", "9" * 30):
        assert enter(superuser).get(f"/admin/cases/queue/{key}/change/").status_code in (302, 404)


def test_the_history_of_what_somebody_may_not_see_is_not_there(lead, enter):
    hidden = factories.queue("hidden")
    lead.is_staff = True
    lead.save()
    client = enter(lead)
    assert client.get(reverse("admin:cases_queue_history", args=[hidden.pk])).status_code == 404
    past = hidden.history.earliest()
    assert client.get(reverse("admin:cases_queue_simple_history", args=[hidden.pk, past.pk])).status_code == 404


def test_each_object_links_to_its_history_its_ledger_and_its_grants(superuser, queue, enter):
    shown = enter(superuser).get(reverse("admin:cases_queue_change", args=[queue.pk])).content.decode()
    assert reverse("admin:cases_queue_history", args=[queue.pk]) in shown
    assert reverse("ledger:timeline", args=["cases.queue", queue.pk]) in shown
    assert grants_of(queue) in shown
    assert 'aria-label="Main"' in shown


def test_nothing_is_deleted_in_the_admin(superuser, queue, enter):
    client = enter(superuser)
    assert client.post(reverse("admin:cases_queue_delete", args=[queue.pk]), {"post": "yes"}).status_code == 403
    assert Queue.objects.filter(pk=queue.pk).exists()
