"""Time ends requests: each by itself, at its own moment, and only those that still wait."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from approvals.choices import RequestState
from approvals.models import ApprovalPolicy, ApprovalRequest
from approvals.services import expire_due
from cases.choices import CaseStatus
from cases.models import Case
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.ledger.models import Event
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

from .factories import closing_request, decide


def expire(request: ApprovalRequest) -> bool:
    module = sys.modules["approvals.services.expire_due"]  # the package has a function of that name
    result: bool = module._expire(actor=system_actor("approvals"), request_id=request.pk)
    return result


@pytest.fixture
def requests(case: Case, analyst: User) -> list[ApprovalRequest]:
    """Two that stand for an hour, and one, asked for before them, that stands for a week."""
    cases = [factories.case(inside=case.queue, status=CaseStatus.OPEN) for _ in range(2)]
    policy = ApprovalPolicy.objects.create(action="cases.close", expires_after_hours=24 * 7)
    with clock.at(factories.NOON):
        long = closing_request(analyst, case)
        ApprovalPolicy.objects.filter(pk=policy.pk).update(expires_after_hours=1)
        return [long, *(closing_request(analyst, each) for each in cases)]


def states(requests: list[ApprovalRequest]) -> list[str]:
    return [ApprovalRequest.objects.get(pk=request.pk).state for request in requests]


def test_every_request_that_is_due_ends_and_no_other(requests: list[ApprovalRequest]) -> None:
    with clock.at(requests[1].expires_at):
        assert expire_due() == 2
        assert expire_due() == 0
    assert states(requests) == [RequestState.PENDING, RequestState.EXPIRED, RequestState.EXPIRED]
    assert [body["subject"]["id"] for body in event_bodies("approval.expire")] == [str(r.pk) for r in requests[1:]]


def test_a_request_stands_until_the_moment_it_expires(requests: list[ApprovalRequest]) -> None:
    with clock.at(requests[1].expires_at - timedelta(microseconds=1)):
        assert expire_due() == 0
        assert not expire(requests[1])
    with clock.at(requests[1].expires_at):
        assert expire(requests[1])


def test_a_request_that_was_decided_meanwhile_does_not_expire(requests: list[ApprovalRequest], lead: User) -> None:
    with clock.at(factories.NOON):
        decide(lead, requests[1])
    before = Event.objects.count()
    with clock.at(requests[0].expires_at):
        assert not expire(requests[1])
        assert expire_due() == 2
    assert states(requests) == [RequestState.EXPIRED, RequestState.USED, RequestState.EXPIRED]
    assert Event.objects.count() == before + 2


def test_the_event_of_an_expired_request_says_which_and_why(requests: list[ApprovalRequest]) -> None:
    with clock.at(requests[1].expires_at):
        expire_due()
    request = ApprovalRequest.objects.get(pk=requests[2].pk)
    assert last_event("approval.expire")["data"] == {
        "action": "cases.close", "subject_type": "cases.case", "subject_id": request.subject_id,
        "digest": request.digest, "end_reason": "Nobody decided in time.",
    }  # fmt: skip
    assert (request.ended_at, request.end_reason) == (requests[1].expires_at, "Nobody decided in time.")
    history = request.history.first()
    assert (history.state, history.history_user.kind) == (RequestState.EXPIRED, "system")
