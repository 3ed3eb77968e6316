"""Who is no second pair of eyes: the requester, the last editor then and now, whoever decided, and no machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals import eligibility, registry
from approvals.choices import RequestState
from approvals.models import ApprovalPolicy, ApprovalRequest
from approvals.selectors import inbox, may_decide
from approvals.services import policy_set, request_decide, request_withdraw
from cases.choices import CaseStatus
from cases.models import Case, Queue
from cases.services import case_close, note_add
from cases.services.text_digests import rationale_digest
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.accounts.services import token_create, user_change, user_create
from finobs.core import clock, gate
from finobs.core.errors import ApprovalRequired, Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories
from tests.support.ledger_events import event_bodies, last_event
from tests.support.locks import locked_models

from .factories import CONCLUSION, closing_request, decide


@pytest.fixture
def second_lead(queue: Queue) -> User:
    person = factories.user("Lin Lead", role="compliance")
    factories.grant(person, "lead", queue)
    return person


@pytest.fixture
def free_case(queue: Queue) -> Case:
    """A case under work that nobody holds: anybody of the queue may propose."""
    return factories.case(inside=queue, status=CaseStatus.OPEN)


@pytest.fixture
def other_request(case: Case, analyst: User) -> ApprovalRequest:
    """A request about another case, asked before."""
    return closing_request(analyst, case)


def state(request: ApprovalRequest) -> str:
    return ApprovalRequest.objects.get(pk=request.pk).state


def test_the_first_proposer_of_a_case_without_notes_cannot_approve_somebody_elses_proposal(
    other_request: ApprovalRequest, free_case: Case, lead: User, analyst: User, second_lead: User
) -> None:
    request_withdraw(actor=lead, request=closing_request(lead, free_case))
    request = closing_request(analyst, free_case)
    assert request not in inbox(lead)
    with pytest.raises(NotAllowed, match="last to edit"):
        decide(lead, request)
    assert decide(second_lead, request).state == RequestState.USED


def test_an_editor_of_now_and_the_editor_of_then_are_both_refused(
    free_case: Case, analyst: User, lead: User, second_lead: User
) -> None:
    note_add(actor=lead, item=free_case, text="I looked at this.")
    request = closing_request(analyst, free_case)
    Case.objects.filter(pk=free_case.pk).update(last_edited_by=second_lead)
    locked = Case.objects.get(pk=free_case.pk)
    for person in (lead, second_lead):
        assert eligibility.why_not_second_eyes(person, request, locked) == (
            "You were the last to edit this; somebody else must decide."
        )
    assert eligibility.why_not_second_eyes(factories.user(role="compliance"), request, locked) == ""


def test_a_case_without_an_editor_refuses_its_requester_alone(free_case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, free_case)
    Case.objects.filter(pk=free_case.pk).update(last_edited_by=None)
    subject = Case.objects.get(pk=free_case.pk)
    assert eligibility.why_not_second_eyes(lead, request, subject) == ""
    assert "yourself" in eligibility.why_not_second_eyes(analyst, request, subject)


@pytest.mark.parametrize("kind", [UserKind.SERVICE, UserKind.SYSTEM])
def test_a_machine_with_every_grant_does_not_approve(free_case: Case, analyst: User, queue: Queue, kind: str) -> None:
    machine = factories.user("Robot", role="compliance", kind=kind)
    factories.grant(machine, "lead", queue)
    request = closing_request(analyst, free_case)
    with pytest.raises(NotAllowed, match="Only people approve"):
        decide(machine, request)
    assert state(request) == RequestState.PENDING


def test_a_vote_of_one_request_is_no_vote_of_another(
    other_request: ApprovalRequest, free_case: Case, analyst: User, lead: User, admin: User
) -> None:
    policy_set(actor=admin, action="cases.close", quorum=2, expires_after_hours=72)
    request = closing_request(analyst, free_case)
    decide(lead, other_request)
    assert (state(other_request), state(request)) == (RequestState.USED, RequestState.PENDING)
    assert decide(lead, request).state == RequestState.PENDING
    with pytest.raises(NotAllowed, match="already"):
        decide(lead, request)


def test_a_rejection_counts_for_no_quorum(free_case: Case, analyst: User, lead: User, admin: User) -> None:
    policy_set(actor=admin, action="cases.close", quorum=2, expires_after_hours=72)
    request = decide(lead, closing_request(analyst, free_case), "reject", "Ask the customer first.")
    assert (request.state, Case.objects.get(pk=free_case.pk).status) == (RequestState.REJECTED, CaseStatus.OPEN)


def test_a_quorum_of_three_waits_for_the_third(free_case: Case, analyst: User, queue: Queue) -> None:
    ApprovalPolicy.objects.create(action="detection.model_promote", quorum=1)
    ApprovalPolicy.objects.create(action="cases.close", quorum=3)
    request = closing_request(analyst, free_case)
    states = []
    for number in range(3):
        person = factories.user(f"Lead {number}", role="compliance")
        factories.grant(person, "lead", queue)
        states.append(decide(person, request).state)
    assert states == [RequestState.PENDING, RequestState.PENDING, RequestState.USED]


def test_an_expired_request_is_asked_anew_even_for_the_same(free_case: Case, analyst: User) -> None:
    with clock.at(factories.NOON):
        first = closing_request(analyst, free_case)
    with clock.at(first.expires_at):
        Case.objects.filter(pk=free_case.pk).update(status=CaseStatus.OPEN)
        second = closing_request(analyst, free_case)
    assert (state(first), state(second), first.pk != second.pk) == (RequestState.VOID, RequestState.PENDING, True)


def test_a_request_that_still_stands_is_answered_to_the_last_moment(free_case: Case, analyst: User) -> None:
    with clock.at(factories.NOON):
        first = closing_request(analyst, free_case)
    with clock.at(first.expires_at - timedelta(microseconds=1)):
        assert closing_request(analyst, free_case) == first


def test_a_request_is_decided_to_the_last_moment_and_not_at_the_next(
    other_request: ApprovalRequest, free_case: Case, analyst: User, lead: User
) -> None:
    with clock.at(factories.NOON):
        first = closing_request(analyst, free_case)
    with clock.at(first.expires_at):
        assert may_decide(lead, first) == "This request has expired."
        assert first not in inbox(lead)
        with pytest.raises(Conflict, match="in time"):
            decide(lead, first)
    assert (state(first), Case.objects.get(pk=free_case.pk).status) == (RequestState.EXPIRED, CaseStatus.OPEN)
    with clock.at(factories.NOON):
        second = closing_request(analyst, free_case)
    with clock.at(second.expires_at - timedelta(microseconds=1)):
        assert may_decide(lead, second) == ""
        assert decide(lead, second).state == RequestState.USED


def test_a_request_of_another_wording_replaces_the_one_that_waits(
    other_request: ApprovalRequest, free_case: Case, analyst: User
) -> None:
    first = closing_request(analyst, free_case)
    with pytest.raises(ApprovalRequired) as error:
        gate.require_approval(
            actor=analyst, action="cases.close", subject=reopened(free_case),
            payload={**CONCLUSION, "rationale": "Money in and out within an hour."},
        )  # fmt: skip
    second = ApprovalRequest.objects.get(pk=error.value.request_id)
    assert [state(each) for each in (other_request, first, second)] == ["pending", "void", "pending"]
    assert event_bodies("approval.void")[-1]["data"]["end_reason"] == "Something else was asked for since."


def reopened(case: Case) -> Case:
    Case.objects.filter(pk=case.pk).update(status=CaseStatus.OPEN)
    return Case.objects.get(pk=case.pk)


def test_a_change_voids_every_request_about_its_subject_and_no_other(
    other_request: ApprovalRequest, free_case: Case, analyst: User, lead: User
) -> None:
    request = closing_request(analyst, free_case)
    note_add(actor=lead, item=free_case, text="There is a second account.")
    assert (state(other_request), state(request)) == (RequestState.PENDING, RequestState.VOID)
    event = last_event("approval.void")
    assert event["data"]["end_reason"] == f"{free_case.reference} changed after this was asked."
    assert (event["subject"]["id"], event["actor"]["id"]) == (str(request.pk), str(lead.pk))
    assert Case.objects.get(pk=free_case.pk).status == CaseStatus.OPEN


def test_a_change_of_a_subject_without_a_request_is_nothing(free_case: Case, lead: User) -> None:
    before = Event.objects.count()
    gate.subject_changed(actor=lead, subject=free_case)
    assert Event.objects.count() == before


def test_the_event_of_a_request_says_what_is_asked_of_whom_and_how_many_must_agree(
    other_request: ApprovalRequest, free_case: Case, analyst: User
) -> None:
    ApprovalPolicy.objects.create(action="cases.close", quorum=2)
    request = closing_request(analyst, free_case)
    event = last_event("approval.request")
    assert event["data"] == {
        "action": "cases.close", "subject_type": "cases.case", "subject_id": str(free_case.pk),
        "digest": request.digest, "quorum": 2,
    }  # fmt: skip
    assert event["subject"] == {"type": "approvals.approvalrequest", "id": str(request.pk)}
    assert [row["type"] for row in event["history"]] == ["approvals.historicalapprovalrequest", "cases.historicalcase"]
    assert request.history.get().history_user == analyst


@pytest.mark.parametrize(("vote", "reason"), [("approve", "Agreed."), ("reject", "Ask the customer first.")])
def test_the_event_of_a_vote_says_how_and_why(
    other_request: ApprovalRequest, free_case: Case, analyst: User, lead: User, vote: str, reason: str
) -> None:
    request = decide(lead, closing_request(analyst, free_case), vote, reason)
    event = last_event("approval.decide")
    about = {
        "action": "cases.close", "subject_type": "cases.case", "subject_id": str(free_case.pk),
        "digest": request.digest,
    }  # fmt: skip
    assert (event["data"], event["actor"]["id"]) == ({**about, "vote": vote, "reason": reason}, str(lead.pk))
    end, words = ("use", "Carried out.") if vote == "approve" else ("reject", reason)
    assert last_event(f"approval.{end}")["data"] == {**about, "end_reason": words}
    decision = request.decisions.get()
    assert (decision.reason, decision.digest, decision.requested_by, decision.last_edited_by) == (
        reason, request.digest, analyst, None,
    )  # fmt: skip


def test_the_event_of_a_withdrawal_says_why(
    other_request: ApprovalRequest, free_case: Case, analyst: User
) -> None:  # fmt: skip
    request = request_withdraw(actor=analyst, request=closing_request(analyst, free_case))
    assert last_event("approval.withdraw")["data"]["end_reason"] == "Withdrawn."
    assert (state(other_request), request.end_reason) == (RequestState.PENDING, "Withdrawn.")
    assert request.history.first().history_user == analyst


def test_a_request_about_something_that_is_gone_cannot_be_withdrawn(case: Case, analyst: User) -> None:
    gone = ApprovalRequest.objects.create(
        action="cases.close", subject_type="cases.case", subject_id="0", subject_label="C", snapshot={}, quorum=1,
        digest="0" * 64, requested_by=analyst, expires_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    with pytest.raises(NotFound, match="does not exist any more"):
        request_withdraw(actor=analyst, request=gone)
    with pytest.raises(NotFound):
        request_withdraw(actor=analyst, request=ApprovalRequest(pk=0))
    assert may_decide(analyst, gone) == "The subject is gone."


def test_the_subject_of_a_request_is_locked_before_the_request(free_case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, free_case)
    with locked_models() as labels:
        decide(lead, request)
    assert labels == ["cases.case", "approvals.approvalrequest"]


def test_asking_locks_the_subject_and_then_whatever_waits_on_it(free_case: Case, analyst: User) -> None:
    with locked_models() as labels:
        closing_request(analyst, free_case)
    assert labels == ["cases.case", "approvals.approvalrequest"]


def test_a_person_who_may_not_see_the_subject_finds_no_request(
    free_case: Case, analyst: User, stranger: User, auditor: User
) -> None:
    request = closing_request(analyst, free_case)
    with pytest.raises(NotFound):
        decide(stranger, request)
    with pytest.raises(NotAllowed):
        decide(auditor, request)


def test_a_requester_who_lost_the_grant_cannot_withdraw(free_case: Case, analyst: User) -> None:
    request = closing_request(analyst, free_case)
    analyst.groups.clear()
    with pytest.raises(NotFound):
        request_withdraw(actor=User.objects.get(pk=analyst.pk), request=request)


@pytest.mark.parametrize("ended", ["used", "rejected", "withdrawn"])
def test_a_request_that_has_ended_takes_no_further_vote(
    free_case: Case, analyst: User, lead: User, second_lead: User, ended: str
) -> None:
    request = closing_request(analyst, free_case)
    if ended == "withdrawn":
        request_withdraw(actor=analyst, request=request)
    else:
        decide(lead, request, *(("reject", "Ask first.") if ended == "rejected" else ()))
    with pytest.raises(InvalidTransition, match="not pending"):
        decide(second_lead, request)
    assert "not pending" in may_decide(second_lead, ApprovalRequest.objects.get(pk=request.pk))


def test_an_action_that_changes_its_subject_while_it_waits_is_void_by_the_vote(
    other_request: ApprovalRequest, free_case: Case, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = closing_request(analyst, free_case)
    free_case.notes.create(author=lead, text="Written around the service.")
    with pytest.raises(Conflict, match=f"{free_case.reference} changed after this was asked"):
        decide(lead, request)
    assert (state(request), state(other_request)) == (RequestState.VOID, RequestState.PENDING)
    assert not request.decisions.exists()


def test_a_snapshot_is_of_this_case_alone(other_request: ApprovalRequest, free_case: Case, analyst: User) -> None:
    note = note_add(actor=analyst, item=free_case, text="Called the branch.")
    request = closing_request(analyst, free_case)
    assert free_case.account is not None
    assert request.snapshot == {
        "case": free_case.reference, "account": free_case.account.external_id, "typology": free_case.typology,
        "alerts": [], "notes": [{"id": str(note.pk), "digest": note.digest}],
        "is_suspicious": True, **CONCLUSION,
        "rationale_digest": rationale_digest(free_case, CONCLUSION["rationale"]),
    }  # fmt: skip
    assert other_request.snapshot["notes"] == []


def test_a_vote_by_an_unknown_word_leaves_the_request_as_it_was(free_case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, free_case)
    with pytest.raises(Invalid) as error:
        request_decide(actor=lead, request=request, vote="maybe", digest=request.digest)
    assert error.value.fields == {"vote": ["'maybe' is neither approve nor reject."]}
    assert state(request) == RequestState.PENDING


def test_a_closing_is_refused_where_nobody_guards_the_gate(
    free_case: Case, analyst: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_guard", None)
    values: dict[str, Any] = {"actor": analyst, "item": free_case, "version": free_case.version, **CONCLUSION}
    with pytest.raises(NotAllowed, match="no guard stands at the gate"):
        case_close(**values)
    assert not ApprovalRequest.objects.exists()


def test_every_registered_action_names_its_subject_and_who_decides(db: None) -> None:
    actions = {action.name: (action.subject_type, action.decide_action) for action in registry.actions()}
    assert actions["cases.close"] == ("cases.case", "lead")
    assert set(actions) == set(registry.names())


def test_whoever_has_a_hand_in_a_machine_account_is_no_second_pair_of_eyes(free_case: Case, admin: User) -> None:
    """Not those who made it, changed what it may, or issued its token; and the rest are."""
    maker, changer, issuer = (factories.user(name, role="admin", is_staff=True) for name in ("Mo", "Chi", "Isa"))
    machine = user_create(actor=maker, email="bot@example.test", name="Bot", kind=UserKind.SERVICE, roles=["analyst"])
    user_change(actor=changer, user=machine, name="Robot")
    token_create(actor=issuer, user=machine, name="t", scopes=["compliance:read"], lifetime=timedelta(days=1))
    factories.grant(machine, "work", free_case.queue)
    request = closing_request(machine, free_case)
    locked = Case.objects.get(pk=free_case.pk)
    for person in (maker, changer, issuer):
        assert eligibility.why_not_second_eyes(person, request, locked).startswith("A machine account that you made")
    assert eligibility.why_not_second_eyes(factories.user(role="compliance"), request, locked) == ""
