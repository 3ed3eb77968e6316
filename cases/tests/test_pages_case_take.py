"""Taking, handing back and assigning from the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cases import services
from cases.models import Case, Queue, WorkLease
from cases.tests.factories import cases_in
from finobs.accounts.models import User
from tests import factories
from tests.support.clients import htmx, signed_in


@pytest.fixture
def case(queue: Queue) -> Case:
    return cases_in(queue)[0]


def test_take_next_leads_to_the_most_urgent_case(analyst: User, queue: Queue) -> None:
    first, second = cases_in(queue, 2)
    Case.objects.filter(pk=second.pk).update(priority=99)
    response = signed_in(analyst).post(f"/cases/queues/{queue.slug}/take-next/")
    assert response.headers["Location"] == f"/cases/{second.reference}/"
    assert WorkLease.objects.get().case == second
    assert first.current_lease is None


def test_htmx_gets_the_case_taken_and_its_address(analyst: User, case: Case) -> None:
    response = signed_in(analyst).post(f"/cases/queues/{case.queue.slug}/take-next/", **htmx())
    assert response["HX-Push-Url"] == f"/cases/{case.reference}/"
    page = response.content.decode()
    assert f'<template data-instead-of="row-{case.reference}">' in page
    assert f'<template data-instead-of="count-{case.queue.slug}-case">' in page
    assert "1 case</span>" in page


def test_the_count_of_the_list_is_of_its_filters_and_of_the_queue_it_shows(lead: User, case: Case) -> None:
    other = factories.queue("fraud")
    factories.grant(lead, "work", other)
    sent = {"queue": other.pk, "reason": "It is fraud.", "version": case.version}
    page = signed_in(lead).post(f"/cases/{case.reference}/move/?holder=nobody", sent, **htmx()).content.decode()
    assert f'data-instead-of="count-{case.queue.slug}-case"' in page
    assert "0 cases</span>" in page
    assert "moved" in page


def test_when_none_is_left_it_says_so(analyst: User, lead: User, case: Case) -> None:
    services.item_take(actor=lead, item=case)
    client = signed_in(analyst)
    response = client.post(f"/cases/queues/{case.queue.slug}/take-next/", follow=True)
    assert "somebody holds every open case" in response.content.decode()
    swapped = client.post(f"/cases/queues/{case.queue.slug}/take-next/", **htmx())
    assert swapped.status_code == 204  # what was open stays open
    assert "somebody holds" in json.loads(swapped["HX-Trigger"])["finobs:announce"]["text"]


@pytest.mark.parametrize(
    ("person", "status"), [("analyst", 302), ("lead", 302), ("auditor", 403), ("stranger", 404), ("admin", 404)]
)
@pytest.mark.parametrize("verb", ["take", "take-next"])
def test_who_may_take(verb: str, person: str, status: int, case: Case, request: Any) -> None:
    path = f"/cases/{case.reference}/take/" if verb == "take" else f"/cases/queues/{case.queue.slug}/take-next/"
    client = signed_in(request.getfixturevalue(person))
    assert client.post(path).status_code == status
    assert client.get(path).status_code == 405


def test_a_case_that_is_taken_already_names_its_holder(analyst: User, lead: User, case: Case) -> None:
    services.item_take(actor=lead, item=case)
    response = signed_in(analyst).post(f"/cases/{case.reference}/take/", **htmx())
    assert response.status_code == 409
    assert "Leo Lead has held this case since" in response.content.decode()
    assert "case-head" in response.content.decode()  # and the case is still there to be read


def test_handing_back_frees_it(analyst: User, case: Case) -> None:
    services.item_take(actor=analyst, item=case)
    client = signed_in(analyst)
    assert client.post(f"/cases/{case.reference}/release/").status_code == 302
    assert not WorkLease.objects.exists()
    assert client.post(f"/cases/{case.reference}/release/").status_code == 409


def test_a_lead_assigns_to_somebody_who_may_work_it(lead: User, analyst: User, case: Case) -> None:
    client = signed_in(lead)
    page = client.get(f"/cases/{case.reference}/assign/").content.decode()
    assert f"Ana Analyst &lt;{analyst.email}&gt;</option>" in page
    told = {"to": analyst.pk, "reason": "She knows the customer.", "version": case.version}
    assert client.post(f"/cases/{case.reference}/assign/", told).status_code == 302
    assert WorkLease.objects.get().holder == analyst


def test_nobody_else_is_offered_or_accepted(lead: User, auditor: User, stranger: User, case: Case) -> None:
    client = signed_in(lead)
    page = client.get(f"/cases/{case.reference}/assign/").content.decode()
    assert "Aud Auditor" not in page
    response = client.post(
        f"/cases/{case.reference}/assign/", {"to": auditor.pk, "reason": "Because.", "version": case.version}
    )
    assert response.status_code == 422
    assert "Because." in response.content.decode()
    assert not WorkLease.objects.exists()


@pytest.mark.parametrize(("person", "status"), [("auditor", 403), ("stranger", 404)])
def test_who_may_not_assign(person: str, status: int, analyst: User, case: Case, request: Any) -> None:
    client = signed_in(request.getfixturevalue(person))
    response = client.post(f"/cases/{case.reference}/assign/", {"to": analyst.pk, "reason": "Because."})
    assert response.status_code in (status, 422)
    assert not WorkLease.objects.exists()


def test_an_analyst_is_not_offered_to_assign(analyst: User, case: Case) -> None:
    assert "dialog-assign" not in signed_in(analyst).get(f"/cases/{case.reference}/").content.decode()


def test_a_case_without_alerts_opens_too(analyst: User, queue: Queue) -> None:
    bare = factories.case(inside=queue)
    page = signed_in(analyst).get(f"/cases/{bare.reference}/").content.decode()
    assert "has no alerts" in page
