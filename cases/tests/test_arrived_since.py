"""What arrived on the subjects of an item since it takes no more: said to whoever approves its closing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.services import request_withdraw
from approvals.tests.factories import closing_request, decide
from cases import services
from cases.approval_actions import since_request
from cases.arrivals import arrived_since
from cases.models import Case, CaseSubject, Incident, Queue
from finobs.accounts.models import User
from finobs.core import clock
from tests import factories
from tests.support.clients import signed_in

WORDS = {"disposition": "no_action", "reason_code": "known_pattern", "rationale": "Rent, as every month."}


@pytest.fixture
def case(queue: Queue, analyst: User) -> Case:
    """A case that waits for approval; before, an incident had been opened on its account."""
    case = factories.case(inside=queue, status="open")
    factories.incident(of=case.account, inside=queue, opened_at=clock.now() - timedelta(hours=1))
    closing_request(analyst, case)
    case.refresh_from_db()
    return case


def test_what_came_since_is_told_whatever_became_of_it(case: Case, queue: Queue, analyst: User) -> None:
    assert list(arrived_since(analyst, case)) == []
    came = factories.incident(of=case.account, inside=queue)
    services.incident_close(actor=analyst, item=came, version=came.version, **WORDS)
    assert list(arrived_since(analyst, case)) == [came]


def test_what_follows_its_incidents_and_its_further_subjects_count(case: Case, queue: Queue, analyst: User) -> None:
    inside = factories.incident_of(case, opened_at=factories.NOON)
    follower = factories.incident(inside=queue, predecessor=inside)
    account = factories.account()
    CaseSubject.objects.create(case=case, account=account, role="related")
    about = factories.incident(of=account, inside=queue)
    factories.incident(inside=queue)
    assert set(arrived_since(analyst, case)) == {follower, about}


def test_only_what_one_may_see_is_told(case: Case, analyst: User) -> None:
    factories.incident(of=case.account, inside=factories.queue())
    assert list(arrived_since(analyst, case)) == []


def test_nothing_arrives_beside_what_takes_alerts(case: Case, queue: Queue, analyst: User) -> None:
    factories.incident(of=case.account, inside=queue)
    request_withdraw(actor=analyst, request=ApprovalRequest.objects.get())
    case.refresh_from_db()
    assert list(arrived_since(analyst, case)) == []


def test_of_a_closed_case_it_is_told_since_it_was_sent(case: Case, queue: Queue, analyst: User, lead: User) -> None:
    came = factories.incident(of=case.account, inside=queue)
    decide(lead, ApprovalRequest.objects.get())
    case.refresh_from_db()
    assert (case.status, list(arrived_since(analyst, case))) == ("closed", [came])


def test_of_an_incident_closed_by_one_it_is_told_since_that(queue: Queue, analyst: User) -> None:
    first = factories.incident(inside=queue)
    factories.incident(of=first.account, inside=queue)
    first = services.incident_close(actor=analyst, item=first, version=first.version, **WORDS)
    came = factories.incident(inside=queue, predecessor=first)
    assert list(arrived_since(analyst, first)) == [came]


def test_approver_page_panel_and_api_say_it(case: Case, queue: Queue, lead: User) -> None:
    before: Incident = Incident.objects.get()
    came = factories.incident(of=case.account, inside=queue)
    request, browser = ApprovalRequest.objects.get(), signed_in(lead)
    assert since_request(lead, request) == [("Arrived since", f"{came.reference} (new)")]
    page = browser.get(f"/cases/{case.reference}/").content.decode()
    arrived = page.split('id="arrived-since"')[1].split("</details>")[0]
    assert came.reference in arrived
    assert before.reference not in arrived
    still_open = page.split('id="open-incidents"')[1].split("</details>")[0]
    assert (before.reference in still_open, came.reference in still_open) == (True, False)
    for address in (f"/approvals/{request.pk}/", f"/approvals/panel/cases.case/{case.pk}/"):
        assert f"{came.reference} (new)" in browser.get(address).content.decode()
    answer: dict[str, Any] = browser.get(f"/api/v1/cases/{case.reference}").json()
    assert answer["arrived_since"] == [came.reference]
