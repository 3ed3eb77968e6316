"""Signing in and out: one answer for everybody who may not, and no way round it."""

from unittest import mock

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from finobs.accounts import throttling
from finobs.accounts.choices import UserKind
from finobs.accounts.models import UserSession
from finobs.accounts.system import system_actor
from finobs.core import clock
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db
URL = "/accounts/sign-in/"


def sign_in(client, email, password=factories.PASSWORD, **extra):
    return client.post(URL, {"username": email, "password": password, **extra}, headers={"user-agent": "Browser"})


def signed_in(client):
    return SESSION_KEY in client.session


def test_a_person_signs_in_with_e_mail_and_password_whatever_the_case(client, analyst):
    response = sign_in(client, analyst.email.upper())
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client)
    assert last_event("sign_in")["actor"]["id"] == str(analyst.pk)
    session = UserSession.objects.get()
    assert (session.user, session.ip, session.user_agent) == (analyst, "127.0.0.1", "Browser")


def test_the_page_itself_needs_nobody_and_loads(client, db):
    response = client.get(URL)
    assert response.status_code == 200
    assert b"csrfmiddlewaretoken" in response.content
    assert "no-store" in response["Cache-Control"]


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(client, analyst):
    wrong, unknown = sign_in(client, analyst.email, "wrong"), sign_in(client, "nobody@example.test", "wrong")
    assert wrong.status_code == unknown.status_code == 422
    assert (
        wrong.content.replace(analyst.email.encode(), b"").count(b"is not right")
        == unknown.content.count(b"is not right")
        == 1
    )
    assert not signed_in(client)


@pytest.mark.parametrize("email", ["known", "nobody@example.test"])
def test_a_password_is_hashed_once_whether_or_not_the_person_exists(client, analyst, email):
    with mock.patch("django.contrib.auth.hashers.MD5PasswordHasher.encode", return_value="md5$x$y") as encode:
        sign_in(client, analyst.email if email == "known" else email, "wrong")
    assert encode.call_count == 1


def test_a_failure_is_recorded_without_what_was_typed(client, analyst):
    sign_in(client, analyst.email, "my secret")
    sign_in(client, "my-other-secret@example.test", "x")
    known, unknown = event_bodies("sign_in_failed")
    assert known["actor"]["type"] == "system"
    assert (known["subject"]["id"], unknown["subject"]["id"]) == (str(analyst.pk), "unknown")
    assert "secret" not in str([known, unknown])
    assert not AccessAttempt.objects.filter(post_data__contains="my secret").exists()


def test_machines_parts_of_finobs_and_the_inactive_do_not_sign_in(client, service):
    system = system_actor("assess")
    system.set_password(factories.PASSWORD)
    system.save()
    for person in (service, system, factories.user("Gone", is_active=False)):
        assert sign_in(client, person.email).status_code == 422
    assert service.kind == UserKind.SERVICE
    assert not signed_in(client)


@pytest.mark.parametrize(
    ("following", "to"),
    [
        ("/cases/?q=1", "/cases/?q=1"), ("https://evil.test/", "/"), ("//evil.test", "/"), ("javascript:alert(1)", "/"),
        ("/\\evil.test", "/"), ("http:///evil.test", "/"), ("", "/"),
    ],
)  # fmt: skip
def test_next_stays_in_the_house(client, analyst, following, to):
    assert sign_in(client, analyst.email, next=following)["Location"] == to


def test_the_session_key_changes_on_sign_in_and_the_old_session_is_over(client, analyst, lead):
    sign_in(client, analyst.email)
    first = client.session.session_key
    sign_in(client, lead.email)
    second = client.session.session_key
    sign_in(client, lead.email)
    assert len({first, second, client.session.session_key}) == 3
    assert UserSession.objects.filter(ended_at=None).count() == 1


def test_a_session_key_planted_beforehand_is_not_kept(client, analyst):
    client.get(URL)
    client.session["planted"] = True
    client.session.save()
    planted = client.session.session_key
    sign_in(client, analyst.email)
    assert client.session.session_key != planted


def test_a_forged_form_is_refused(analyst):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, analyst.email).status_code == 403


def test_signing_out_takes_a_post_and_ends_the_session(client, analyst):
    sign_in(client, analyst.email)
    page = client.get("/accounts/sign-out/")
    assert (page.status_code, page["Allow"]) == (405, "POST")
    assert "only takes a form" in page.content.decode()
    assert client.post("/accounts/sign-out/")["Location"] == URL
    assert not signed_in(client)
    assert UserSession.objects.get().end_reason == "signed_out"
    assert last_event("sign_out")["actor"]["id"] == str(analyst.pk)


def test_a_copied_cookie_is_worth_nothing_after_signing_out(client, analyst):
    sign_in(client, analyst.email)
    cookie = client.cookies["sessionid"].value
    client.post("/accounts/sign-out/")
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.get("/accounts/profile/").status_code == 302


class TestThrottling:
    def test_the_fifth_failure_closes_the_door_with_a_page_of_ours(self, client, analyst):
        answers = [sign_in(client, analyst.email, "wrong").status_code for _ in range(5)]
        assert answers == [422, 422, 422, 422, 429]
        closed = sign_in(client, analyst.email)
        assert (closed.status_code, closed["Retry-After"]) == (429, "300")
        assert b"Too many attempts" in closed.content
        assert not signed_in(client)

    def test_a_refusal_to_sign_in_is_the_same_for_an_account_that_does_not_exist(self, client, db):
        answers = [sign_in(client, "nobody@example.test", "wrong").status_code for _ in range(6)]
        assert answers == [422, 422, 422, 422, 429, 429]

    def test_a_flood_does_not_fill_the_ledger(self, client, analyst):
        for _ in range(12):
            sign_in(client, analyst.email, "wrong")
        assert [event["data"]["throttled"] for event in event_bodies("sign_in_failed")] == [False] * 4 + [True]

    def test_other_people_and_other_addresses_are_not_shut_out(self, client, analyst, lead):
        for _ in range(6):
            sign_in(client, analyst.email, "wrong")
        assert sign_in(client, lead.email).status_code == 302
        elsewhere = Client(REMOTE_ADDR="198.51.100.7")
        assert sign_in(elsewhere, analyst.email).status_code == 302

    def test_the_door_opens_again_by_itself(self, client, analyst):
        for _ in range(6):
            sign_in(client, analyst.email, "wrong")
        AccessAttempt.objects.update(attempt_time=clock.now().replace(year=2020))
        assert sign_in(client, analyst.email).status_code == 302

    def test_one_address_may_not_try_many_accounts(self, client, analyst, monkeypatch):
        monkeypatch.setattr(throttling, "MAX_FAILURES_PER_ADDRESS", 8)
        answers = [sign_in(client, f"p{number}@example.test", "wrong").status_code for number in range(9)]
        assert answers == [422] * 7 + [429] * 2
        assert sign_in(client, analyst.email).status_code == 429

    def test_many_addresses_may_not_try_one_account_but_cannot_keep_its_owner_out(self, client, analyst, monkeypatch):
        monkeypatch.setattr(throttling, "MAX_FAILURES_PER_ACCOUNT", 6)
        sign_in(client, analyst.email)
        for number in range(6):
            sign_in(Client(REMOTE_ADDR=f"198.51.100.{number}"), analyst.email, "wrong")
        assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), analyst.email).status_code == 429
        assert sign_in(Client(), analyst.email).status_code == 302

    @pytest.mark.parametrize(
        ("trusted", "header", "seen"),
        [
            (0, "6.6.6.6", "127.0.0.1"), (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
            (2, "6.6.6.6, 198.51.100.7, 10.0.0.1", "198.51.100.7"), (1, "", "127.0.0.1"), (1, "not an address", None),
        ],
    )  # fmt: skip
    def test_only_our_own_proxies_are_believed(self, rf, settings, trusted, header, seen):
        settings.TRUSTED_PROXIES = trusted
        assert throttling.client_ip(rf.get("/", headers={"X-Forwarded-For": header})) == seen


def test_the_admins_own_sign_in_page_is_gone(client, analyst, db):
    response = client.get("/admin/login/?next=/admin/cases/")
    assert response["Location"].startswith(reverse("accounts:sign-in"))
    client.force_login(analyst)
    assert client.get("/admin/login/").status_code == 403
