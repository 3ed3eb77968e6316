"""Sessions end: when idle, when old, when rights or password change, when somebody ends them."""

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from finobs.accounts import services
from finobs.accounts.models import UserSession
from finobs.core import clock
from tests import factories
from tests.support.ledger_events import event_bodies

pytestmark = pytest.mark.django_db
PAGE = "/accounts/profile/"
START = factories.NOON


@pytest.fixture
def browser(analyst):
    client = Client()
    with clock.at(START):
        client.force_login(analyst)
    return client


def status_after(client, **later):
    with clock.at(START + timedelta(**later)):
        return client.get(PAGE).status_code


def why(client):
    return client.get("/accounts/sign-in/").context["why"]


def test_a_session_lives_while_it_is_used(browser):
    assert [status_after(browser, minutes=minutes) for minutes in range(10, 120, 10)] == [200] * 11


def test_a_session_ends_when_idle_and_the_sign_in_page_says_why(browser):
    assert status_after(browser, minutes=14, seconds=59) == 200
    assert status_after(browser, minutes=30) == 302
    assert "nothing happened" in why(browser)
    assert why(browser) is None
    assert [event["data"]["why"] for event in event_bodies("session.end")] == ["idle"]


def test_a_session_ends_at_its_absolute_age_however_much_it_is_used(browser, settings):
    steps = range(10, settings.SESSION_ABSOLUTE_SECONDS // 60, 10)
    assert {status_after(browser, minutes=minutes) for minutes in steps} == {200}
    assert status_after(browser, seconds=settings.SESSION_ABSOLUTE_SECONDS) == 302
    assert "long time" in why(browser)


def test_a_session_ends_when_roles_change(browser, analyst, admin):
    services.role_assign(actor=admin, user=analyst, roles={"viewer"})
    assert status_after(browser, minutes=1) == 302
    assert "roles changed" in why(browser)


def test_a_session_ends_when_the_person_is_deactivated(browser, analyst, admin):
    services.user_deactivate(actor=admin, user=analyst)
    assert status_after(browser, minutes=1) == 302


def test_a_session_ends_when_the_epoch_moves_even_if_the_register_was_not_told(browser, analyst):
    type(analyst).objects.filter(pk=analyst.pk).update(session_epoch=9)
    assert status_after(browser, minutes=1) == 302


def test_a_session_that_is_not_in_the_register_is_none(browser):
    UserSession.objects.all().delete()
    assert status_after(browser, minutes=1) == 302
    assert SESSION_KEY not in browser.session


def test_the_register_keeps_no_usable_key(browser):
    key = browser.session.session_key
    assert key not in str(UserSession.objects.values().get())


def test_a_session_is_written_down_once_a_minute_at_most(browser):
    status_after(browser, seconds=59)
    assert UserSession.objects.get().last_seen_at == START
    status_after(browser, seconds=60)
    assert UserSession.objects.get().last_seen_at == START + timedelta(seconds=60)


def test_a_fragment_of_an_ended_session_sends_the_whole_page_to_sign_in(browser):
    with clock.at(START + timedelta(hours=1)):
        response = browser.get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/cases/?q=1"})
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/accounts/sign-in/?next=%2Fcases%2F%3Fq%3D1"
    assert response.content == b""
    assert "nothing happened" in why(browser)


def test_a_fragment_of_a_page_without_an_address_sends_home_after_signing_in(browser):
    with clock.at(START + timedelta(hours=1)):
        response = browser.get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": "http://["})
    assert response["HX-Redirect"] == "/accounts/sign-in/?next=%2F"


def test_the_api_answers_401_and_keeps_no_session(browser):
    with clock.at(START + timedelta(hours=1)):
        response = browser.get("/api/v1/me")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_the_api_in_a_session_needs_the_csrf_token(analyst):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(analyst)
    assert strict.get("/api/v1/me").status_code == 200
    assert strict.post("/api/v1/tokens", {}, content_type="application/json").status_code == 403


def test_times_are_in_the_readers_zone(client, analyst):
    services.profile_change(actor=analyst, name=analyst.name, time_zone="Asia/Tokyo")
    client.force_login(analyst)
    with clock.at(START):
        client.force_login(analyst)
        assert "21:00" in client.get("/accounts/sessions/").content.decode()


def test_a_zone_that_has_gone_does_not_break_pages(client, analyst):
    type(analyst).objects.update(time_zone="Mars/Olympus")
    client.force_login(analyst)
    assert client.get(PAGE).status_code == 200
