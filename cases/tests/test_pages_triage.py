"""Triage in the browser: the queue's incidents, one beside them, closing one and several, escalating, referring."""

from __future__ import annotations

import pytest
from django.test import Client

from cases import services
from cases.models import Case, Incident, Queue
from finobs.accounts.models import User
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db
WORDS = {"disposition": "no_action", "reason_code": "known_pattern", "rationale": "Rent, as every month."}


@pytest.fixture
def incident(queue: Queue) -> Incident:
    queue.is_default = True
    queue.save()
    alert = factories.alert()
    services.gather_alerts(alerts=[alert])
    return Incident.objects.get()


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def test_the_queue_lists_its_incidents_and_leads_to_its_cases(incident: Incident, analyst: User, queue: Queue) -> None:
    page = text(signed_in(analyst), f"/cases/queues/{queue.slug}/incidents/")
    assert incident.reference in page
    assert f'href="/cases/queues/{queue.slug}/"' in page
    assert "Close several" in page


def test_an_incident_is_read_beside_its_queue(incident: Incident, analyst: User) -> None:
    page = text(signed_in(analyst), f"/cases/incidents/{incident.reference}/")
    for words in (
        "Large amount",
        incident.account.external_id if incident.account else "",
        "Take",
        "Escalate",
        "Close",
    ):
        assert words in page
    assert "Propose to close" not in page


def test_take_next_leads_to_the_incident(incident: Incident, analyst: User, queue: Queue) -> None:
    client = signed_in(analyst)
    response = client.post(f"/cases/queues/{queue.slug}/incidents/take-next/")
    assert response.headers["Location"] == f"/cases/incidents/{incident.reference}/"
    assert "You hold" in text(client, response.headers["Location"])
    again = client.post(f"/cases/queues/{queue.slug}/incidents/take-next/", follow=True)
    assert "somebody holds every open incident" in again.content.decode()


def test_closing_says_what_is_wrong_and_keeps_what_was_typed(incident: Incident, analyst: User) -> None:
    client, page = signed_in(analyst), f"/cases/incidents/{incident.reference}/close/"
    wrong = client.post(page, {**WORDS, "reason_code": "money_mule", "version": incident.version})
    assert wrong.status_code == 422
    assert "Rent, as every month." in wrong.content.decode()
    done = client.post(page, {**WORDS, "version": incident.version}, follow=True)
    assert "is closed." in done.content.decode()
    assert "Unusual, explained" in text(client, f"/cases/incidents/{incident.reference}/")


def test_what_is_drawn_is_sent_for_approval(incident: Incident, analyst: User) -> None:
    Incident.objects.update(is_sampled=True)
    page = f"/cases/incidents/{incident.reference}/close/"
    done = signed_in(analyst).post(page, {**WORDS, "version": incident.version}, follow=True)
    assert "Sent for approval." in done.content.decode()


def test_escalation_offers_the_open_cases_on_the_subject(incident: Incident, analyst: User, queue: Queue) -> None:
    client, page = signed_in(analyst), f"/cases/incidents/{incident.reference}/escalate/"
    case = factories.case(of=incident.account, inside=queue, typology="structuring")
    assert case.reference in text(client, page)
    body = {"case": case.pk, "reason": "It belongs to this.", "version": incident.version}
    assert client.post(page, body).status_code == 302
    assert Incident.objects.get().case == case
    assert incident.reference in text(client, f"/cases/{case.reference}/")


def test_several_are_chosen_seen_and_closed(incident: Incident, analyst: User, lead: User, queue: Queue) -> None:
    services.gather_alerts(alerts=[factories.alert(), factories.alert()])
    first, second, third = Incident.objects.order_by("pk")
    services.item_take(actor=lead, item=third)
    client, page = signed_in(analyst), f"/cases/queues/{queue.slug}/incidents/close/"
    choose = text(client, page)
    assert all(each.reference in choose for each in (first, second, third))
    query = "&".join(f"incident={each.reference}" for each in (first, second, third))
    preview = text(client, f"{page}?{query}")
    assert "Somebody else holds this incident." in preview
    assert "Close 2 incidents" in preview
    done = client.post(page, {"incident": [first.reference, second.reference], **WORDS}, follow=True)
    assert "2 closed." in done.content.decode()
    assert list(Incident.objects.order_by("pk").values_list("status", flat=True)) == ["closed", "closed", "open"]


def test_a_referral_becomes_an_incident(analyst: User, queue: Queue) -> None:
    client = signed_in(analyst)
    assert "What was seen" in text(client, "/cases/incidents/new/")
    body = {"queue": queue.pk, "typology": "structuring", "title": "Cash at the counter", "text": "Seven deposits."}
    wrong = client.post("/cases/incidents/new/", {**body, "account": "no such"})
    assert wrong.status_code == 422
    assert "There is no account of this id." in wrong.content.decode()
    done = client.post("/cases/incidents/new/", body, follow=True)
    page = done.content.decode()
    assert "Cash at the counter" in page
    assert "Seven deposits." in page
    assert Incident.objects.get().origin == "person"


@pytest.mark.parametrize("verb", ["take", "release", "close", "escalate", "assign", "wait", "move", "reopen", "notes"])
def test_a_stranger_finds_nothing(incident: Incident, stranger: User, verb: str) -> None:
    client = signed_in(stranger)
    assert client.get(f"/cases/incidents/{incident.reference}/").status_code == 404
    assert client.post(f"/cases/incidents/{incident.reference}/{verb}/", {}).status_code == 404
    assert not Case.objects.exists()


def test_queries_of_the_queue_do_not_grow(analyst: User, queue: Queue) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(analyst)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            text(client, f"/cases/queues/{queue.slug}/incidents/")
        return len(queries)

    factories.incident(inside=queue)
    count()
    before = count()
    for _ in range(10):
        factories.incident(inside=queue)
    assert count() == before
