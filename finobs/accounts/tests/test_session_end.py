"""One's own sessions are listed and ended by oneself, others' by administrators."""

import pytest
from django.test import Client

from finobs.accounts import selectors, services
from finobs.accounts.models import UserSession
from finobs.core.errors import NotAllowed, NotFound
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(analyst):
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(analyst)
    return browsers


def test_everybody_sees_their_own_and_nobody_elses(two, analyst, lead, client):
    client.force_login(lead)
    assert selectors.sessions_live(analyst).count() == 2
    assert len(two[0].get("/accounts/sessions/").context["page"].items) == 2
    assert [session.user for session in client.get("/accounts/sessions/").context["page"].items] == [lead]


def test_ending_one_is_at_once(two, analyst):
    other = UserSession.objects.latest("id")
    assert two[0].post(f"/accounts/sessions/{other.pk}/end/").status_code == 302
    assert two[1].get("/accounts/profile/").status_code == 302
    assert two[0].get("/accounts/profile/").status_code == 200
    assert last_event("session.end")["data"]["of"] == str(analyst.pk)


def test_ending_it_twice_is_recorded_once(two, analyst):
    session = UserSession.objects.earliest("id")
    services.session_end(actor=analyst, session=session)
    services.session_end(actor=analyst, session=session)
    assert len(event_bodies("session.end")) == 1


def test_ending_all_others_leaves_this_one(two):
    two[0].post("/accounts/sessions/end/")
    assert two[0].get("/accounts/profile/").status_code == 200
    assert two[1].get("/accounts/profile/").status_code == 302
    assert last_event("session.end")["data"]["ended"] == 1


def test_somebody_elses_session_is_not_there(two, lead, client):
    client.force_login(lead)
    session = UserSession.objects.exclude(user=lead).earliest("id")
    assert client.post(f"/accounts/sessions/{session.pk}/end/").status_code == 404
    with pytest.raises(NotFound):
        services.session_end(actor=lead, session=session)


def test_an_administrator_ends_anybodys_but_not_a_superusers(two, analyst, admin, superuser):
    assert services.sessions_end(actor=admin, user=analyst) == 2
    assert two[0].get("/accounts/profile/").status_code == 302
    with pytest.raises(NotAllowed):
        services.sessions_end(actor=admin, user=superuser)


def test_an_auditor_sees_people_but_ends_nothing(two, analyst, auditor):
    with pytest.raises(NotAllowed):
        services.sessions_end(actor=auditor, user=analyst)


def test_a_token_ends_no_sessions(two, analyst):
    analyst.token_scopes = frozenset({"compliance:read"})
    with pytest.raises(NotAllowed):
        services.sessions_end(actor=analyst, user=analyst)
    with pytest.raises(NotAllowed):
        services.session_end(actor=analyst, session=UserSession.objects.earliest("id"))


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0 Safari/537.36 Edg/139.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", "Safari on iPhone"),
        ("something else", "something else"), ("", "unknown"),
    ],
)  # fmt: skip
def test_a_browser_is_called_what_people_call_it(agent, shown):
    assert UserSession(user_agent=agent).browser == shown
