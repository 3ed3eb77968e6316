"""Taking a request back, and letting time end it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from approvals.choices import RequestState
from approvals.services import expire_due, request_withdraw
from approvals.tasks import expire_due as expire_due_task
from cases.choices import CaseStatus
from cases.models import Case
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests.support.clients import if_match

from .factories import closing_request, decide


def test_the_requester_takes_it_back_and_works_on(case: Case, analyst: User) -> None:
    request = request_withdraw(actor=analyst, request=closing_request(analyst, case), reason="I found more.")
    case.refresh_from_db()
    assert (request.state, request.end_reason, case.status) == (
        RequestState.WITHDRAWN,
        "I found more.",
        CaseStatus.OPEN,
    )
    assert Event.objects.get(action="approval.withdraw").actor == analyst


def test_nobody_else_does(case: Case, analyst: User, lead: User, stranger: User) -> None:
    request = closing_request(analyst, case)
    with pytest.raises(NotAllowed):
        request_withdraw(actor=lead, request=request)
    with pytest.raises(NotFound):
        request_withdraw(actor=stranger, request=request)


def test_what_is_decided_cannot_be_taken_back(case: Case, analyst: User, lead: User) -> None:
    request = decide(lead, closing_request(analyst, case))
    with pytest.raises(InvalidTransition):
        request_withdraw(actor=analyst, request=request)


def test_the_api_withdraws(case: Case, analyst: User) -> None:
    request = closing_request(analyst, case)
    client = Client()
    client.force_login(analyst)
    path = f"/api/v1/approvals/{request.pk}/withdraw"
    answer = client.post(path, {}, content_type="application/json", headers=if_match(request))
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")


def test_time_ends_it_and_reopens_the_case(case: Case, analyst: User) -> None:
    request = closing_request(analyst, case)
    assert expire_due() == 0
    with clock.at(request.expires_at + timedelta(seconds=1)):
        assert expire_due_task.delay().get() == 1
        assert expire_due() == 0
    request.refresh_from_db()
    case.refresh_from_db()
    assert (request.state, case.status) == (RequestState.EXPIRED, CaseStatus.OPEN)
    assert Event.objects.get(action="approval.expire").actor.kind == "system"
