"""Closing a case: proposed by one, approved by another, bound to what was shown."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from approvals.services import request_decide
from cases import services
from cases.approval_actions import approver_summary, case_url
from cases.choices import CaseStatus
from cases.models import Case, WorkLease
from finobs.accounts.models import User
from finobs.core.errors import ApprovalRequired, Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated

WHY = {"disposition": "false_positive", "reason_code": "known_pattern", "rationale": "Salary, as every month."}


@pytest.fixture
def case(queue: Any, analyst: User) -> Case:
    alert = factories.alert()
    queue.typologies = [alert.typology]
    queue.save()
    escalated(alerts=[alert])
    return services.item_take(actor=analyst, item=Case.objects.get())


def propose(actor: User, case: Case, **fields: Any) -> ApprovalRequest:
    with pytest.raises(ApprovalRequired) as asked:
        services.case_close(
            **{"actor": actor, "item": case, "version": Case.objects.get(pk=case.pk).version, **WHY, **fields}
        )
    return ApprovalRequest.objects.get(pk=asked.value.request_id)


def approve(actor: User, request: ApprovalRequest) -> ApprovalRequest:
    return request_decide(actor=actor, request=request, vote="approve", digest=request.digest)


def test_a_lead_s_approval_closes_it(case: Case, analyst: User, lead: User) -> None:
    request = propose(analyst, case)
    case.refresh_from_db()
    assert (case.status, case.disposition) == (CaseStatus.AWAITING_APPROVAL, "")
    assert approve(lead, request).state == RequestState.USED
    case.refresh_from_db()
    assert (case.status, case.disposition, case.reason_code) == (CaseStatus.CLOSED, "false_positive", "known_pattern")
    assert case.closed_at is not None
    assert not WorkLease.objects.exists()


def test_the_holds_on_other_cases_stay(case: Case, analyst: User, lead: User) -> None:
    others = [services.item_take(actor=analyst, item=factories.case(inside=case.queue)) for _ in range(2)]
    request = propose(analyst, case)
    assert {lease.case_id for lease in WorkLease.objects.all()} == {other.pk for other in others}
    approve(lead, request)
    assert {lease.case_id for lease in WorkLease.objects.all()} == {other.pk for other in others}
    assert {other.status for other in Case.objects.exclude(pk=case.pk)} == {CaseStatus.OPEN}


@pytest.mark.parametrize(("number", "ground"), [(1, "1 alert and 1 note"), (2, "2 alerts and 2 notes")])
def test_approvers_read_what_it_rests_on_in_words(case: Case, analyst: User, number: int, ground: str) -> None:
    for _ in range(number - 1):
        escalated(alerts=[factories.alert(of=case.account)])
    for each in range(number):
        services.note_add(actor=analyst, item=case, text=f"Note {each}.")
    request = propose(analyst, case)
    assert case.account is not None
    assert dict(approver_summary(request.snapshot)) == {
        "Disposition": "False positive", "Reason": "Known behaviour of this customer", "Rationale": WHY["rationale"],
        "Labels": "The alerts' transactions as not suspicious",
        "Case": f"{case.reference}: Large amount, account {case.account.external_id}", "Evidence": ground,
    }  # fmt: skip
    assert case_url(request) == f"/cases/{case.reference}/"


def test_each_step_is_an_event(case: Case, analyst: User, lead: User) -> None:
    before = Event.objects.count()
    approve(lead, propose(analyst, case))
    actions = Event.objects.order_by("pk").values_list("action", flat=True)[before:]
    assert list(actions) == ["approval.request", "approval.decide", "approval.use", "case.close"]


def test_the_close_is_the_requester_s_act_and_the_approval_the_lead_s(case: Case, analyst: User, lead: User) -> None:
    approve(lead, propose(analyst, case))
    assert Event.objects.get(action="case.close").actor == analyst
    assert Event.objects.get(action="approval.decide").actor == lead


def test_asking_for_the_same_again_is_answered_with_the_same_request(case: Case, analyst: User) -> None:
    first = propose(analyst, case)
    assert propose(analyst, case, version=1) == first
    assert ApprovalRequest.objects.count() == 1


def test_another_conclusion_while_one_waits_is_refused(case: Case, analyst: User) -> None:
    propose(analyst, case)
    with pytest.raises(InvalidTransition):
        services.case_close(actor=analyst, item=case, version=9, **{**WHY, "rationale": "Something else altogether."})


def test_a_stale_form_is_a_conflict(case: Case, analyst: User) -> None:
    with pytest.raises(Conflict):
        services.case_close(actor=analyst, item=case, version=case.version - 1, **WHY)
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"disposition": ""}, "disposition"),
        ({"disposition": "guilty"}, "disposition"),
        ({"reason_code": "structuring"}, "reason_code"),
        ({"reason_code": "because"}, "reason_code"),
        ({"rationale": "   too short  "[:9]}, "rationale"),
        ({"rationale": "x" * 10_001}, "rationale"),
        ({"rationale": "a NUL \x00 inside it"}, "rationale"),
    ],
)
def test_what_does_not_hold_is_refused_by_field(case: Case, analyst: User, fields: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.case_close(**{"actor": analyst, "item": case, "version": case.version, **WHY, **fields})  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]


def test_a_case_that_nobody_took_is_not_closed(case: Case, analyst: User) -> None:
    other = factories.case(inside=case.queue)
    with pytest.raises(InvalidTransition, match="Take the case first"):
        services.case_close(actor=analyst, item=other, version=1, **WHY)


def test_somebody_else_s_case_is_not_closed(case: Case, analyst: User, lead: User) -> None:
    with pytest.raises(Conflict, match="Ana Analyst has held"):
        services.case_close(actor=lead, item=case, version=case.version, **WHY)


def test_the_auditor_may_not(case: Case, auditor: User) -> None:
    with pytest.raises(NotAllowed):
        services.case_close(actor=auditor, item=case, version=case.version, **WHY)


def test_a_stranger_finds_nothing(case: Case, stranger: User) -> None:
    with pytest.raises(NotFound):
        services.case_close(actor=stranger, item=case, version=case.version, **WHY)


def test_a_new_note_voids_the_request_and_reopens_the_case(case: Case, analyst: User, lead: User) -> None:
    request = propose(analyst, case)
    services.note_add(actor=lead, item=case, text="There is a second account.")
    request.refresh_from_db()
    case.refresh_from_db()
    assert (request.state, case.status) == (RequestState.VOID, CaseStatus.OPEN)
    with pytest.raises(InvalidTransition):
        approve(lead, request)


def test_a_new_alert_opens_a_successor_and_leaves_what_waits_alone(case: Case, analyst: User) -> None:
    request = propose(analyst, case)
    alert = factories.alert(of=case.account)
    (second,) = escalated(alerts=[alert])
    request.refresh_from_db()
    case.refresh_from_db()
    assert (request.state, case.status, case.alert_count) == ("pending", CaseStatus.AWAITING_APPROVAL, 1)
    assert (second.predecessor, second.alert_count) == (case, 1)
    incident = second.incidents.get()
    assert (incident.predecessor, alert.case_alert.cause) == (case.incidents.get(), "successor")


def test_a_closed_case_takes_no_note_and_cannot_be_taken(case: Case, analyst: User, lead: User) -> None:
    approve(lead, propose(analyst, case))
    with pytest.raises(InvalidTransition):
        services.note_add(actor=analyst, item=case, text="One more thing.")
    with pytest.raises(InvalidTransition):
        services.item_take(actor=analyst, item=case)
