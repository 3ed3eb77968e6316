"""Four eyes: who decides, on what, how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import registry
from approvals.choices import RequestState
from approvals.models import ApprovalDecision, ApprovalPolicy, ApprovalRequest
from approvals.selectors import inbox, inbox_count, may_decide
from approvals.services import policy_set, request_withdraw
from cases.choices import CaseStatus
from cases.models import Case, Queue
from cases.services import note_add
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.core.service import service
from finobs.ledger.models import Event
from tests import factories

from .factories import closing_request, decide


def somebody(role: str, may: str, queue: Queue, **fields: object) -> User:
    person = factories.user(f"{role} {may}", role=role, **fields)
    if may:
        factories.grant(person, may, queue)
    return person


def test_the_requester_cannot_decide_even_as_lead(case: Case, analyst: User, queue: Queue) -> None:
    boss = somebody("compliance", "lead", queue)
    case.lease.delete()
    request = closing_request(boss, case)
    with pytest.raises(NotAllowed, match="yourself"):
        decide(boss, request)
    assert not ApprovalDecision.objects.exists()


def test_whoever_wrote_the_last_note_cannot_decide(case: Case, analyst: User, lead: User, queue: Queue) -> None:
    note_add(actor=lead, item=case, text="I looked at this too.")
    request = closing_request(analyst, case)
    with pytest.raises(NotAllowed, match="last to edit"):
        decide(lead, request)
    assert decide(somebody("compliance", "lead", queue), request).state == RequestState.USED


def test_asking_twice_does_not_make_the_last_note_somebody_elses(case: Case, analyst: User, lead: User) -> None:
    note_add(actor=lead, item=case, text="I looked at this too.")
    request_withdraw(actor=analyst, request=closing_request(analyst, case))
    again = closing_request(analyst, case)
    assert not inbox(lead).exists()
    with pytest.raises(NotAllowed, match="last to edit"):
        decide(lead, again)


def test_whoever_edited_since_cannot_decide(case: Case, analyst: User, lead: User) -> None:
    """Even when the digest would not tell: the last editor is looked up again."""
    request = closing_request(analyst, case)
    Case.objects.filter(pk=case.pk).update(last_edited_by=lead)
    with pytest.raises(NotAllowed, match="last to edit"):
        decide(lead, request)


def test_a_superuser_is_no_exception(case: Case, superuser: User) -> None:
    case.lease.delete()
    request = closing_request(superuser, case)
    with pytest.raises(NotAllowed, match="yourself"):
        decide(superuser, request)


def test_a_superuser_who_is_a_second_person_may(case: Case, analyst: User, superuser: User) -> None:
    assert decide(superuser, closing_request(analyst, case)).state == RequestState.USED


@pytest.mark.parametrize("kind", [UserKind.SERVICE, UserKind.SYSTEM])
def test_machines_never_decide(case: Case, analyst: User, queue: Queue, kind: UserKind) -> None:
    machine = somebody("compliance", "lead", queue, kind=kind)
    with pytest.raises(NotAllowed, match="Only people"):
        decide(machine, closing_request(analyst, case))


def test_a_stranger_finds_nothing(case: Case, analyst: User, stranger: User) -> None:
    with pytest.raises(NotFound):
        decide(stranger, closing_request(analyst, case))


def test_a_lead_of_another_queue_finds_nothing(case: Case, analyst: User) -> None:
    elsewhere = somebody("compliance", "lead", factories.queue())
    with pytest.raises(NotFound):
        decide(elsewhere, closing_request(analyst, case))


def test_another_analyst_of_the_queue_may_not(case: Case, analyst: User, queue: Queue) -> None:
    with pytest.raises(NotAllowed):
        decide(somebody("analyst", "work", queue), closing_request(analyst, case))


def test_a_lead_grant_without_the_role_is_not_enough(case: Case, analyst: User, queue: Queue) -> None:
    with pytest.raises(NotAllowed):
        decide(somebody("analyst", "lead", queue), closing_request(analyst, case))


def test_the_auditor_may_not(case: Case, analyst: User, auditor: User) -> None:
    with pytest.raises(NotAllowed):
        decide(auditor, closing_request(analyst, case))


def test_an_inactive_lead_finds_nothing(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    lead.is_active = False
    lead.save()
    with pytest.raises(NotFound):
        decide(lead, request)


def test_rejecting_needs_a_reason(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    with pytest.raises(Invalid):
        decide(lead, request, "reject", "  ")
    assert decide(lead, request, "reject", "Ask the customer first.").state == RequestState.REJECTED


def test_a_rejection_reopens_the_case_and_ends_the_request(case: Case, analyst: User, lead: User) -> None:
    request = decide(lead, closing_request(analyst, case), "reject", "Ask the customer first.")
    case.refresh_from_db()
    assert (case.status, case.disposition, request.end_reason) == (CaseStatus.OPEN, "", "Ask the customer first.")
    with pytest.raises(InvalidTransition):
        decide(lead, request)


def test_after_a_rejection_the_same_may_be_asked_again(case: Case, analyst: User, lead: User) -> None:
    first = decide(lead, closing_request(analyst, case), "reject", "Ask the customer first.")
    second = closing_request(analyst, case)
    assert second.pk != first.pk
    assert decide(lead, second).state == RequestState.USED


def test_another_digest_is_a_conflict_and_decides_nothing(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    with pytest.raises(Conflict):
        decide(lead, request, digest="0" * 64)
    request.refresh_from_db()
    assert request.state == RequestState.PENDING


def test_a_subject_changed_behind_the_gate_voids_it_for_good(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    case.notes.create(author=lead, text="Written around the service.")
    with pytest.raises(Conflict):
        decide(lead, request)
    request.refresh_from_db()
    case.refresh_from_db()
    assert (request.state, case.status) == (RequestState.VOID, CaseStatus.OPEN)
    assert Event.objects.filter(action="approval.void").exists()


def test_an_expired_request_is_ended_by_whoever_comes_too_late(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    with clock.at(request.expires_at + timedelta(seconds=1)), pytest.raises(Conflict):
        decide(lead, request)
    request.refresh_from_db()
    assert request.state == RequestState.EXPIRED


def test_a_requester_who_may_no_longer_do_it_voids_it(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    analyst.is_active = False
    analyst.save()
    with pytest.raises(Conflict, match="could not be carried out"):
        decide(lead, request)
    case.refresh_from_db()
    request.refresh_from_db()
    assert (case.status, request.state) == (CaseStatus.OPEN, RequestState.VOID)
    assert not ApprovalDecision.objects.exists()


def test_what_does_not_exist_is_not_found(lead: User, queue: Queue) -> None:
    nothing = ApprovalRequest(pk=0, digest="0" * 64)
    with pytest.raises(NotFound):
        decide(lead, nothing)
    about_nothing = ApprovalRequest.objects.create(
        action="cases.close", subject_type="cases.case", subject_id="0", subject_label="C", snapshot={}, quorum=1,
        digest="0" * 64, requested_by=lead, expires_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    with pytest.raises(NotFound, match="does not exist any more"):
        decide(lead, about_nothing)


def test_neither_approve_nor_reject_is_invalid(case: Case, analyst: User, lead: User) -> None:
    with pytest.raises(Invalid):
        decide(lead, closing_request(analyst, case), "maybe")


def test_a_quorum_of_two_needs_two_people(case: Case, analyst: User, lead: User, admin: User, queue: Queue) -> None:
    policy_set(actor=admin, action="cases.close", quorum=2, expires_after_hours=24)
    request = closing_request(analyst, case)
    assert decide(lead, request).state == RequestState.PENDING
    with pytest.raises(NotAllowed, match="already"):
        decide(lead, request)
    assert decide(somebody("compliance", "lead", queue), request).state == RequestState.USED


@pytest.mark.parametrize("lost", ["role", "activity"])
def test_an_approval_counts_only_while_its_giver_could_still_give_it(
    case: Case, analyst: User, lead: User, admin: User, queue: Queue, lost: str
) -> None:
    policy_set(actor=admin, action="cases.close", quorum=2, expires_after_hours=1)
    request = closing_request(analyst, case)
    decide(lead, request)
    if lost == "role":
        lead.groups.clear()
    else:
        User.objects.filter(pk=lead.pk).update(is_active=False)
    assert decide(somebody("compliance", "lead", queue), request).state == RequestState.PENDING
    third = factories.user("Third Lead", role="compliance")
    factories.grant(third, "lead", queue)
    assert decide(third, request).state == RequestState.USED


def test_a_request_keeps_the_policy_it_was_made_under(case: Case, analyst: User, lead: User, admin: User) -> None:
    request = closing_request(analyst, case)
    policy_set(actor=admin, action="cases.close", quorum=3, expires_after_hours=1)
    assert decide(lead, request).state == RequestState.USED


def test_only_configurators_set_policies(admin: User, lead: User) -> None:
    with pytest.raises(NotAllowed):
        policy_set(actor=lead, action="cases.close", quorum=1, expires_after_hours=1)
    for wrong in ({"quorum": 0}, {"expires_after_hours": 0}, {"action": "cases.burn"}):
        with pytest.raises(Invalid):
            policy_set(**{"actor": admin, "action": "cases.close", "quorum": 1, "expires_after_hours": 1, **wrong})  # type: ignore[arg-type]
    assert not ApprovalPolicy.objects.exists()


def test_the_inbox_holds_what_one_may_decide(case: Case, analyst: User, lead: User, auditor: User, admin: User) -> None:
    request = closing_request(analyst, case)
    assert list(inbox(lead)) == [request]
    for person in (analyst, auditor, admin, None):
        assert not inbox(person).exists()
    assert may_decide(lead, request) == ""
    assert "yourself" in may_decide(analyst, request)
    decide(lead, request)
    assert not inbox(lead).exists()


def test_the_database_is_not_asked_what_waits_for_somebody_who_decides_on_nothing(
    case: Case, analyst: User, lead: User, auditor: User
) -> None:
    closing_request(analyst, case)

    def asked(person: User) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            inbox_count(person)
        return [each["sql"] for each in queries if ApprovalRequest._meta.db_table in each["sql"]]

    assert len(asked(lead)) == 1
    assert asked(analyst) == asked(auditor) == []


def test_what_the_inbox_offers_is_what_the_service_allows(case: Case, analyst: User, lead: User, queue: Queue) -> None:
    note_add(actor=lead, item=case, text="I looked at this too.")
    request = closing_request(analyst, case)
    people = [analyst, lead, somebody("compliance", "lead", queue), somebody("compliance", "work", queue)]
    for person in people:
        assert inbox(person).exists() == (may_decide(person, request) == "")


def test_two_cases_wait_side_by_side(case: Case, analyst: User, lead: User, queue: Queue) -> None:
    other = factories.case(inside=queue, status=CaseStatus.OPEN)
    first, second = closing_request(analyst, case), closing_request(analyst, other)
    decide(lead, second)
    first.refresh_from_db()
    assert (first.state, Case.objects.get(pk=case.pk).status) == (RequestState.PENDING, CaseStatus.AWAITING_APPROVAL)
    assert set(inbox(lead)) == {first}


def test_the_api_decides_with_the_same_service(case: Case, analyst: User, lead: User, stranger: User) -> None:
    request = closing_request(analyst, case)
    url, body = f"/api/v1/approvals/{request.pk}", {"vote": "approve", "digest": request.digest}
    client = Client()
    assert client.post(f"{url}/decide", body, content_type="application/json").status_code in (401, 403)
    client.force_login(stranger)
    assert client.get(url).status_code == 404
    client.force_login(analyst)
    assert client.get(url).json()["may_decide"] is False
    assert client.post(f"{url}/decide", body, content_type="application/json").status_code == 403
    client.force_login(lead)
    answer = client.post(f"{url}/decide", body, content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (200, "used")
    assert client.post(f"{url}/decide", body, content_type="application/json").status_code == 409
    assert client.get("/api/v1/approvals?state=used").json()["results"][0]["id"] == request.pk


def test_lists_take_few_queries(
    case: Case, analyst: User, lead: User, queue: Queue, django_assert_max_num_queries: object
) -> None:
    from approvals.selectors import requests_visible

    for _ in range(5):
        closing_request(analyst, factories.case(inside=queue, status=CaseStatus.OPEN))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert len([(row.requested_by.name, row.subject_label) for row in requests_visible(lead)]) == 5


def test_requests_never_seen_by_number_from_afar(case: Case, analyst: User, stranger: User) -> None:
    closing_request(analyst, case)
    client = Client()
    client.force_login(stranger)
    assert client.get("/api/v1/approvals").json()["results"] == []
    assert ApprovalRequest.objects.count() == 1


def test_the_deciding_vote_locks_once_looks_once_and_uses_the_approval_up(
    case: Case, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = closing_request(analyst, case)
    registered = registry.get("cases.close")
    snapshots: list[object] = []

    def counting(subject: Any, payload: Any) -> dict[str, Any]:
        snapshots.append(subject)
        return registered.snapshot(subject, payload)

    monkeypatch.setitem(registry._actions, "cases.close", replace(registered, snapshot=counting))
    with CaptureQueriesContext(connection) as captured:
        decide(lead, request)
    assert len(snapshots) == 1
    locks = [query["sql"] for query in captured if "FOR UPDATE" in query["sql"]]
    assert len(locks) == (2 if connection.features.has_select_for_update else 0)  # the case, then the request
    assert Case.objects.get(pk=case.pk).status == CaseStatus.CLOSED


def test_what_is_executed_gets_the_locked_subject_and_a_request_that_is_used_up(
    case: Case, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.case(inside=case.queue, status=CaseStatus.OPEN)
    requests = [closing_request(analyst, case), closing_request(analyst, other)]
    given: list[tuple[ApprovalRequest, registry.Approval]] = []
    executing = replace(registry.get("cases.close"), execute=lambda *arguments: given.append(arguments))
    monkeypatch.setitem(registry._actions, "cases.close", executing)
    decide(lead, requests[1])
    ((request, approval),) = given
    assert (request.pk, request.state) == (requests[1].pk, RequestState.USED)
    assert (approval.id, approval.subject, approval.decided_by) == (requests[1].pk, other, lead)


@pytest.mark.parametrize("lost", ["grant", "role", "activity"])
def test_a_requester_who_has_lost_the_right_to_do_it_voids_it_and_nothing_of_it_happens(
    case: Case, analyst: User, lead: User, queue: Queue, lost: str
) -> None:
    request = closing_request(analyst, case)
    before = Event.objects.count()
    if lost == "grant":
        access.revoke(analyst, "work", queue)
    elif lost == "role":
        analyst.groups.clear()
    else:
        User.objects.filter(pk=analyst.pk).update(is_active=False)
    with pytest.raises(Conflict, match="could not be carried out"):
        decide(lead, request)
    case.refresh_from_db()
    request.refresh_from_db()
    assert (case.status, case.disposition, case.closed_at) == (CaseStatus.OPEN, "", None)
    assert (request.state, request.decisions.count()) == (RequestState.VOID, 0)
    assert [event.action for event in Event.objects.order_by("pk")[before:]] == ["approval.void"]
    with pytest.raises(InvalidTransition):
        decide(lead, request)


def test_what_another_row_stands_in_the_way_of_voids_it_too(
    case: Case, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who make the same in one moment: the database lets one."""
    request = closing_request(analyst, case)

    @service
    def collide(request: ApprovalRequest, approval: registry.Approval) -> None:
        approval.subject.status = CaseStatus.CLOSED
        Queue.objects.create(slug=case.queue.slug, name="The same")

    monkeypatch.setitem(registry._actions, "cases.close", replace(registry.get("cases.close"), execute=collide))
    with pytest.raises(Conflict, match="could not be carried out"):
        decide(lead, request)
    case.refresh_from_db()
    assert (case.status, ApprovalRequest.objects.get().state) == (CaseStatus.OPEN, RequestState.VOID)


def test_a_fault_of_the_action_leaves_everything_as_it_was(
    case: Case, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = closing_request(analyst, case)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(registry._actions, "cases.close", replace(registry.get("cases.close"), execute=fail))
    with pytest.raises(ZeroDivisionError):
        decide(lead, request)
    case.refresh_from_db()
    request.refresh_from_db()
    assert (case.status, request.state) == (CaseStatus.AWAITING_APPROVAL, RequestState.PENDING)
    assert not ApprovalDecision.objects.exists()


def test_the_subject_is_not_told_to_go_on_when_it_is_carried_out(
    case: Case, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.case(inside=case.queue, status=CaseStatus.OPEN)
    ended: list[str] = []
    registered = registry.get("cases.close")

    def on_end(request: ApprovalRequest, subject: Case, actor: User) -> None:
        ended.append(f"{request.state} {subject.pk} by {actor}")
        registered.on_end(request, subject, actor)

    monkeypatch.setitem(registry._actions, "cases.close", replace(registered, on_end=on_end))
    decide(lead, closing_request(analyst, case))
    assert ended == []
    decide(lead, closing_request(analyst, other), "reject", "Ask the customer first.")
    assert ended == [f"rejected {other.pk} by Leo Lead"]


def test_an_approval_is_not_asked_for_where_one_was_used(case: Case, analyst: User, lead: User) -> None:
    """Carrying out goes by no second gate: one request, and no other, comes of a closing."""
    decide(lead, closing_request(analyst, case))
    assert ApprovalRequest.objects.count() == 1
    actions = Event.objects.filter(action__startswith="approval.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["approval.request", "approval.decide", "approval.use"]
