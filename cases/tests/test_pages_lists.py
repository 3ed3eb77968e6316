"""My work, the queues, the incidents and the search."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.tests.factories import closing_request
from cases import services
from cases.models import Case, Incident, Queue
from cases.tests.factories import cases_in
from finobs.accounts.models import User
from tests.support.clients import htmx, signed_in

LISTS = ("/cases/", "/cases/queues/", "/cases/incidents/", "/cases/search/")


@pytest.fixture
def case(queue: Queue) -> Case:
    return cases_in(queue)[0]


def text(client: Client, path: str, **extra: Any) -> str:
    response = client.get(path, **extra)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("person", ["analyst", "lead", "auditor", "stranger", "admin"])
def test_the_lists_open_for_everybody_and_show_each_their_own(path: str, person: str, case: Case, request: Any) -> None:
    page = text(signed_in(request.getfixturevalue(person)), path)
    if person in ("stranger", "admin"):
        assert case.reference not in page
        assert case.queue.name not in page


@pytest.mark.parametrize("path", LISTS)
def test_nobody_is_sent_to_sign_in(path: str, db: None) -> None:
    assert Client().get(path).status_code == 302


def test_my_work_holds_what_i_took_and_the_queues(analyst: User, queue: Queue) -> None:
    mine, other = cases_in(queue, 2)
    services.item_take(actor=analyst, item=mine)
    page = text(signed_in(analyst), "/cases/")
    assert mine.reference in page
    assert other.reference not in page
    assert queue.name in page


@pytest.mark.parametrize(("person", "may"), [("analyst", True), ("lead", True), ("auditor", False), ("admin", False)])
def test_my_work_begins_with_the_next_case_for_those_who_may_take_it(
    person: str, may: bool, case: Case, request: Any
) -> None:
    client = signed_in(request.getfixturevalue(person))
    take = f"/cases/queues/{case.queue.slug}/take-next/"
    page = text(client, "/cases/")
    assert ("Take the next one from a queue" in page) is may
    assert (f'action="{take}"' in page) is may
    if may:
        assert client.post(take)["Location"].startswith(f"/cases/{case.reference}/")


def test_my_work_shows_what_waits_for_my_decision(analyst: User, lead: User, case: Case) -> None:
    asked = closing_request(analyst, services.item_take(actor=analyst, item=case))
    assert f"/approvals/{asked.pk}/" in text(signed_in(lead), "/cases/")
    assert f"/approvals/{asked.pk}/" not in text(signed_in(analyst), "/cases/")


def test_the_queues_show_their_counts(analyst: User, queue: Queue) -> None:
    services.item_take(actor=analyst, item=cases_in(queue, 3)[0])
    page = text(signed_in(analyst), "/cases/queues/")
    assert ">3</a>" in page
    assert '<td class="number">1</td>' in page


def test_an_incident_leads_to_its_case_and_alerts(analyst: User, case: Case) -> None:
    incident = Incident.objects.get()
    client = signed_in(analyst)
    assert incident.reference in text(client, "/cases/incidents/")
    page = text(client, f"/cases/incidents/{incident.reference}/")
    assert f"/cases/{case.reference}/" in page
    assert "at or above the limit" in page


def test_a_stranger_does_not_learn_that_an_incident_exists(stranger: User, case: Case) -> None:
    incident = Incident.objects.get()
    assert signed_in(stranger).get(f"/cases/incidents/{incident.reference}/").status_code == 404


def test_incidents_can_be_filtered(analyst: User, case: Case) -> None:
    client = signed_in(analyst)
    assert "No incident matches" in text(client, "/cases/incidents/?typology=structuring")
    assert case.account is not None
    assert case.reference in text(client, f"/cases/incidents/?account={case.account.external_id}")
    part = text(client, "/cases/incidents/?typology=large_amount", **htmx("incidents"))
    assert "<html" not in part
    assert case.reference in part


@pytest.mark.parametrize("what", ["reference", "account", "transaction", "incident"])
def test_search_finds_a_case_by_its_names(what: str, analyst: User, case: Case) -> None:
    alert = case.case_alerts.get().alert
    assert case.account is not None
    names = {
        "reference": case.reference.lower(),
        "account": case.account.external_id,
        "transaction": alert.transaction.external_id,
        "incident": Incident.objects.get().reference,
    }
    assert f"/cases/{case.reference}/" in text(signed_in(analyst), f"/cases/search/?q={names[what]}")


def test_search_does_not_find_what_one_may_not_see(stranger: User, case: Case) -> None:
    assert "Nothing found" in text(signed_in(stranger), f"/cases/search/?q={case.reference}")


@pytest.mark.parametrize("query", ["%00", "%27%22%3Cscript%3E", "x" * 5000, "%F0%9F%92%A9", "%C2%B2"])
def test_search_takes_anything(query: str, analyst: User, case: Case) -> None:
    page = text(signed_in(analyst), f"/cases/search/?q={query}")
    assert "<script>" not in page


def test_queries_of_my_work_do_not_grow_with_its_rows(analyst: User, queue: Queue) -> None:
    client = signed_in(analyst)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(client, "/cases/")
        return len(captured)

    for case in cases_in(queue, 2):
        services.item_take(actor=analyst, item=case)
    queries()
    few = queries()
    for case in cases_in(queue, 6):
        services.item_take(actor=analyst, item=case)
    assert queries() == few
