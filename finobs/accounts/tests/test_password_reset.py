"""An administrator takes a password away and issues a link; only its owner chooses the next one."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.urls import reverse

from finobs.accounts import services
from finobs.accounts.services.passwords import links
from finobs.core.errors import NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db
NEW = "seven green umbrellas walking"


@pytest.fixture
def link(admin, analyst):
    return services.password_reset_issue(actor=admin, user=analyst)


def address(link):
    return reverse("accounts:password-set", args=[link.uid, link.token])


def test_the_old_password_is_gone_and_sessions_end(client, admin, analyst):
    client.force_login(analyst)
    services.password_reset_issue(actor=admin, user=analyst)
    analyst.refresh_from_db()
    assert not analyst.has_usable_password()
    assert client.get("/accounts/profile/").status_code == 302
    assert last_event("user.password_reset_issue")["subject"]["id"] == str(analyst.pk)


def test_the_owner_sets_a_password_and_signs_in_with_it(client, analyst, link):
    assert client.get(address(link)).status_code == 200
    assert client.post(address(link), {"new": NEW, "again": NEW}).status_code == 302
    analyst.refresh_from_db()
    assert analyst.check_password(NEW)
    assert last_event("user.password_change")["data"] == {"via": "link"}
    assert client.post("/accounts/sign-in/", {"username": analyst.email, "password": NEW}).status_code == 302


def test_a_reset_link_works_once(client, link):
    client.post(address(link), {"new": NEW, "again": NEW})
    assert client.get(address(link)).status_code == 404
    with pytest.raises(NotFound):
        services.password_set(uid=link.uid, token=link.token, new=NEW + "!")


def test_a_weak_password_does_not_use_it_up(client, link):
    assert client.post(address(link), {"new": "short", "again": "short"}).status_code == 422
    assert client.get(address(link)).status_code == 200


def test_a_newer_link_voids_the_older(client, admin, analyst, link):
    newer = services.password_reset_issue(actor=admin, user=analyst)
    assert client.get(address(link)).status_code == 404
    assert client.get(address(newer)).status_code == 200


def test_a_reset_link_is_good_for_a_day(client, link):
    with mock.patch.object(links, "_now", return_value=datetime.now() + timedelta(hours=23)):
        assert client.get(address(link)).status_code == 200
    with mock.patch.object(links, "_now", return_value=datetime.now() + timedelta(hours=25)):
        assert client.get(address(link)).status_code == 404


@pytest.mark.parametrize("uid", ["!!", "MA", "x" * 100, "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_made_up_link_is_not_found(client, link, uid):
    assert client.get(f"/accounts/password/{uid}/{link.token}/").status_code == 404


def test_a_deactivated_persons_link_is_void(client, admin, analyst, link):
    services.user_deactivate(actor=admin, user=analyst)
    assert client.get(address(link)).status_code == 404


def test_nobody_resets_themselves_a_superuser_a_machine_or_somebody_more_powerful(admin, superuser, service):
    clerk = factories.user("Clerk", role="viewer")
    for target in (admin, superuser, service):
        with pytest.raises(NotAllowed):
            services.password_reset_issue(actor=admin, user=target)
    with pytest.raises(NotFound):
        services.password_reset_issue(actor=clerk, user=admin)
