"""Triage in the browser: the queue's incidents, one beside them, closing one and several, escalating, referring."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from cases import services
from cases.models import Case, Incident, Queue
from cases.waiting import next_morning
from finobs.accounts.models import User
from finobs.accounts.names import name_key
from finobs.core import clock, money
from tests import factories
from tests.support.clients import htmx, signed_in
from transactions.models import AccountParty, Customer, Source

pytestmark = pytest.mark.django_db
WORDS = {"disposition": "no_action", "reason_code": "known_pattern", "rationale": "Rent, as every month."}


@pytest.fixture
def incident(queue: Queue) -> Incident:
    queue.is_default = True
    queue.save()
    alert = factories.alert()
    services.gather_alerts(alerts=[alert])
    return Incident.objects.get()


def customer_of(identifier: str, *, name: str) -> Customer:
    customer: Customer = Customer.objects.create(
        source=Source.objects.filter(slug="core").first() or factories.source("core"),
        external_id=identifier,
        name=name,
        name_key=name_key(name),
        kind="person",
    )
    return customer


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
    done = client.post(
        page, {"incident": [f"{each.reference}@{each.version}" for each in (first, second)], **WORDS}, follow=True
    )
    assert "2 closed." in done.content.decode()
    assert list(Incident.objects.order_by("pk").values_list("status", flat=True)) == ["closed", "closed", "open"]


def test_a_referral_becomes_an_incident(analyst: User, queue: Queue) -> None:
    client = signed_in(analyst)
    assert "What was seen" in text(client, "/cases/incidents/new/")
    body = {"queue": queue.pk, "typology": "structuring", "title": "Cash at the counter", "text": "Seven deposits."}
    wrong = client.post("/cases/incidents/new/", {**body, "account": "no such"})
    assert wrong.status_code == 422
    assert "There is no account of this id or name." in wrong.content.decode()
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


def test_what_is_typed_brings_customers_and_accounts_by_name(analyst: User, queue: Queue) -> None:
    customer = customer_of("C-77", name="Carol Langley")
    source = customer.source
    account = factories.account("A-77", of=source)
    AccountParty.objects.create(
        account=account,
        customer=customer,
        role="holder",
        valid_from=clock.now().date(),
        recorded_by=analyst,
        recorded_at=clock.now(),
    )
    browser = signed_in(analyst)
    assert 'value="C-77">Carol Langley' in browser.get("/cases/incidents/new/?customer=lang", **htmx()).content.decode()
    assert (
        'value="A-77">Carol Langley' in browser.get("/cases/incidents/new/?account=langley", **htmx()).content.decode()
    )
    assert "option" not in browser.get("/cases/incidents/new/?customer=l", **htmx()).content.decode()
    body = {"queue": queue.pk, "typology": "structuring", "title": "Cash at the counter", "text": "Seven deposits."}
    assert browser.post("/cases/incidents/new/", {**body, "customer": "langley"}).status_code == 302
    assert Incident.objects.get().customer == customer
    customer_of("C-78", name="Jo Langley")
    several = browser.post("/cases/incidents/new/", {**body, "customer": "langley"})
    assert "This is several: C-77, C-78." in several.content.decode()


def test_a_referral_from_a_queue_is_to_that_queue(analyst: User, queue: Queue) -> None:
    browser = signed_in(analyst)
    link = f"/cases/incidents/new/?queue={queue.slug}"
    assert link in text(browser, f"/cases/queues/{queue.slug}/incidents/")
    assert f'<option value="{queue.pk}" selected>' in text(browser, link)


def test_those_to_close_are_filtered_and_told_with_subject_and_sum(
    incident: Incident, analyst: User, queue: Queue
) -> None:
    other = factories.incident(inside=queue, typology="structuring", status="open")
    until = clock.now() + timedelta(days=1)
    services.item_wait(actor=analyst, item=other, waiting_for="Copies of slips", until=until)
    browser, page = signed_in(analyst), f"/cases/queues/{queue.slug}/incidents/close/"
    chosen = text(browser, f"{page}?typology=structuring")
    assert other.reference in chosen
    assert incident.reference not in chosen
    assert browser.get(f"{page}?typology=nonsense").status_code == 422
    preview = text(browser, f"{page}?incident={incident.reference}&incident={other.reference}")
    assert incident.account is not None
    assert incident.account.external_id in preview
    currency, minor = next(iter(incident.amounts.items()))
    assert money.display(int(minor), currency) in preview
    assert "1 of them waits for an answer from outside" in preview
    assert "Copies of slips" in preview
    alone = text(browser, f"{page}?incident={incident.reference}")
    assert "answer from outside" not in alone


def test_an_escalated_incident_shows_what_its_case_concluded(incident: Incident, analyst: User, lead: User) -> None:
    services.item_take(actor=analyst, item=incident)
    services.incident_escalate(actor=analyst, item=incident, reason="More than a look.")
    browser, page = signed_in(analyst), f"/cases/incidents/{incident.reference}/"
    assert "<dt>Escalated</dt>" in text(browser, page)
    assert "Not concluded" in text(browser, page)
    Case.objects.update(disposition="confirmed", reason_code="money_mule", status="closed", closed_at=clock.now())
    assert "Confirmed suspicious" in text(browser, page)
    assert "Not concluded" not in text(browser, page)


def test_waiting_is_until_the_next_morning_of_work_unless_one_says_otherwise(incident: Incident, analyst: User) -> None:
    services.item_take(actor=analyst, item=incident)
    User.objects.filter(pk=analyst.pk).update(time_zone="Asia/Tokyo")
    there = next_morning(clock.now().astimezone(ZoneInfo("Asia/Tokyo")))
    page = text(signed_in(analyst), f"/cases/incidents/{incident.reference}/wait/")
    assert f'value="{there:%Y-%m-%dT}09:00"' in page
