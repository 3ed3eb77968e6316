"""What each act leaves of a case and of every other: status, hold, assignee, version; and who is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalRequest
from approvals.services import request_withdraw
from approvals.tests.factories import CONCLUSION, closing_request, decide
from cases import services, workflow
from cases.choices import CaseStatus
from cases.models import Case, Queue, WorkLease
from cases.services import item_locking
from cases.services.conclusion import MAX_RATIONALE_LENGTH, MIN_RATIONALE_LENGTH
from cases.services.item_approval import item_await_approval, item_resume
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired, Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import event_bodies
from tests.support.locks import locked_models

from .factories import cases_in

NOON = factories.NOON
MINUTE = timedelta(minutes=1)


@pytest.fixture
def other(queue: Queue, analyst: User) -> Case:
    """A case that the analyst holds, taken before: nothing may happen to it."""
    with clock.at(NOON):
        return services.item_take(actor=analyst, item=factories.case(inside=queue))


@pytest.fixture
def case(other: Case) -> Case:
    return factories.case(inside=other.queue)


@pytest.fixture
def colleague(queue: Queue) -> User:
    person = factories.user("Cora Colleague", role="analyst")
    factories.grant(person, "work", queue)
    return person


def holder(case: Case) -> str:
    lease = WorkLease.objects.filter(case=case).first()
    return lease.holder.name if lease else ""


def state(case: Case) -> tuple[str, str, int]:
    row = Case.objects.get(pk=case.pk)
    return row.status, holder(case), row.version


def test_taking_leaves_the_holds_on_other_cases(other: Case, case: Case, colleague: User) -> None:
    with clock.at(NOON):
        services.item_take(actor=colleague, item=case)
    assert (state(other), state(case)) == (("open", "Ana Analyst", 2), ("open", "Cora Colleague", 2))


def test_taking_a_case_again_after_its_hold_expired_is_a_new_hold(other: Case, case: Case, analyst: User) -> None:
    with clock.at(NOON):
        services.item_take(actor=analyst, item=case)
    with clock.at(NOON + 30 * MINUTE):
        services.item_take(actor=analyst, item=case)
    assert (state(case)[2], len(event_bodies("case.take"))) == (3, 3)
    assert WorkLease.objects.get(case=case).taken_at == NOON + 30 * MINUTE


def test_a_hold_lasts_until_the_moment_it_expires(other: Case, colleague: User) -> None:
    with clock.at(NOON + 30 * MINUTE - timedelta(microseconds=1)), pytest.raises(Conflict):
        services.item_take(actor=colleague, item=other)
    with clock.at(NOON + 30 * MINUTE):
        assert services.item_take(actor=colleague, item=other).assignee == colleague


def test_releasing_ends_this_hold_and_no_other(other: Case, case: Case, analyst: User) -> None:
    services.item_take(actor=analyst, item=case)
    released = services.item_release(actor=analyst, item=case)
    assert (state(case), state(other)) == (("open", "", 3), ("open", "Ana Analyst", 2))
    assert (released.assignee, Case.objects.get(pk=other.pk).assignee) == (None, analyst)


@pytest.mark.parametrize("minutes", [0, 10])
def test_work_of_a_stranger_to_the_hold_does_not_extend_it(other: Case, colleague: User, minutes: int) -> None:
    with clock.at(NOON + minutes * MINUTE):
        services.note_add(actor=colleague, item=other, text="I know this customer.")
    assert WorkLease.objects.get(case=other).expires_at == NOON + 30 * MINUTE


def test_work_does_not_cut_a_longer_hold(other: Case, case: Case, lead: User, analyst: User) -> None:
    with clock.at(NOON):
        services.item_assign(actor=lead, item=case, to=analyst, reason="Knows the customer.")
        services.note_add(actor=analyst, item=case, text="Called the branch.")
        services.item_take(actor=analyst, item=case)
    assert WorkLease.objects.get(case=case).expires_at == NOON + timedelta(days=1)


def test_a_hold_of_the_same_length_is_left_as_it_is(other: Case, analyst: User) -> None:
    lease = WorkLease.objects.get(case=other)
    with clock.at(NOON):
        item_locking.renew_lease(other, analyst, lease)
        item_locking.renew_lease(other, analyst, None)
    assert WorkLease.objects.get(case=other).expires_at == NOON + 30 * MINUTE


def test_assigning_takes_a_case_from_its_holder(other: Case, case: Case, lead: User, colleague: User) -> None:
    before = state(other)[2]
    assigned = services.item_assign(actor=lead, item=other, to=colleague, reason="Ana is on leave.")
    assert (state(other), state(case)) == (("open", "Cora Colleague", before + 1), ("new", "", 1))
    assert (assigned.assignee, Case.objects.get(pk=other.pk).assignee) == (colleague, colleague)


def test_assigning_a_new_case_opens_it(case: Case, lead: User, colleague: User) -> None:
    services.item_assign(actor=lead, item=case, to=colleague, reason="Knows the customer.")
    row = Case.objects.get(pk=case.pk)
    assert (row.status, row.assignee, row.version) == (CaseStatus.OPEN, colleague, 2)


@pytest.mark.parametrize("kind", [UserKind.SERVICE, UserKind.SYSTEM])
def test_a_case_is_not_assigned_to_a_machine(case: Case, lead: User, queue: Queue, kind: str) -> None:
    machine = factories.user("Robot", role="analyst", kind=kind)
    factories.grant(machine, "work", queue)
    with pytest.raises(Invalid) as error:
        services.item_assign(actor=lead, item=case, to=machine, reason="Why not.")
    assert error.value.fields == {"to": ["Robot may not work this case."]}
    assert state(case) == ("new", "", 1)


@pytest.mark.parametrize("status", [CaseStatus.AWAITING_APPROVAL, CaseStatus.CLOSED])
def test_a_case_that_is_not_workable_is_neither_assigned_nor_taken(
    queue: Queue, lead: User, analyst: User, colleague: User, status: str
) -> None:
    conclusion: dict[str, Any] = {"disposition": "confirmed", "reason_code": "money_mule", "closed_at": NOON}
    case = factories.case(inside=queue, status=status, **(conclusion if status == CaseStatus.CLOSED else {}))
    with pytest.raises(InvalidTransition):
        services.item_assign(actor=lead, item=case, to=colleague, reason="Why not.")
    with pytest.raises(InvalidTransition):
        services.item_take(actor=analyst, item=case)
    assert services.item_take_next(actor=analyst, queue=queue) is None
    assert state(case) == (status, "", 1)


ACTS: dict[str, Callable[[User, Case], Any]] = {
    "take": lambda actor, case: services.item_take(actor=actor, item=case),
    "release": lambda actor, case: services.item_release(actor=actor, item=case),
    "assign": lambda actor, case: services.item_assign(actor=actor, item=case, to=actor, reason="I want it."),
    "close": lambda actor, case: services.case_close(actor=actor, item=case, version=case.version, **CONCLUSION),
    "note": lambda actor, case: services.note_add(actor=actor, item=case, text="Something."),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_reader_is_refused_and_a_stranger_finds_nothing(
    queue: Queue, auditor: User, stranger: User, admin: User, act: str
) -> None:
    case = factories.case(inside=queue, status=CaseStatus.OPEN)
    with pytest.raises(NotAllowed):
        ACTS[act](auditor, case)
    for person in (stranger, admin):
        with pytest.raises(NotFound):
            ACTS[act](person, case)
    assert (state(case), case.notes.count(), ApprovalRequest.objects.count()) == (("open", "", 1), 0, 0)


@pytest.mark.parametrize("act", ACTS)
def test_a_case_that_does_not_exist_is_not_found(queue: Queue, lead: User, act: str) -> None:
    with pytest.raises(NotFound):
        ACTS[act](lead, Case(pk=0))


@pytest.mark.parametrize("act", ACTS)
def test_a_case_is_locked_before_anything_is_read_of_it(queue: Queue, lead: User, act: str) -> None:
    case = factories.case(inside=queue, status=CaseStatus.OPEN)
    with locked_models() as labels, suppress(ApprovalRequired, InvalidTransition):
        ACTS[act](lead, case)
    assert labels[0] == "cases.case"


def test_the_next_case_is_locked_while_others_are_passed_over(queue: Queue, analyst: User) -> None:
    case = factories.case(inside=queue)
    with CaptureQueriesContext(connection) as queries:
        assert services.item_take_next(actor=analyst, queue=queue) == case
    (found,) = (query["sql"] for query in queries if "cases_case" in query["sql"] and "ORDER BY" in query["sql"])
    # The case, and no row of its queue; SQLite has one writer.
    assert ("FOR UPDATE OF c SKIP LOCKED" in found) is (connection.vendor == "postgresql")


def test_the_older_of_two_equally_urgent_cases_waits(queue: Queue, analyst: User) -> None:
    older, newer = factories.case(inside=queue, priority=50), factories.case(inside=queue, priority=50)
    assert [services.item_take_next(actor=analyst, queue=queue) for _ in range(3)] == [newer, older, None]


def test_a_case_that_was_taken_under_the_lock_is_passed_over(
    queue: Queue, analyst: User, colleague: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL reads leases as of the statement's start: the case may be held by the time it is locked."""
    first, second = factories.case(inside=queue, priority=90), factories.case(inside=queue, priority=10)
    module = import_module("cases.services.item_take_next")
    find = module.lock_first_free

    def find_late(kind: str, queue_id: int, passed_by: Sequence[int]) -> tuple[Case, int] | None:
        free: tuple[Case, int] | None = find(kind, queue_id, passed_by)
        if free is not None and free[0] == first:
            WorkLease.objects.create(case=first, holder=colleague, expires_at=clock.now() + MINUTE)
        return free

    monkeypatch.setattr(module, "lock_first_free", find_late)
    assert services.item_take_next(actor=analyst, queue=queue) == second
    assert services.item_take_next(actor=analyst, queue=queue) is None
    assert state(first) == ("new", colleague.name, 1)


def test_a_closing_ends_the_hold_of_its_case_alone(other: Case, case: Case, analyst: User, lead: User) -> None:
    with clock.at(NOON):
        services.item_take(actor=analyst, item=case)
        request = closing_request(analyst, case)
        assert (state(case)[:2], state(other)[:2]) == (("awaiting_approval", ""), ("open", "Ana Analyst"))
        decide(lead, request)
    row = Case.objects.get(pk=case.pk)
    assert (row.status, row.closed_at, row.disposition, row.reason_code) == (
        CaseStatus.CLOSED, NOON, "confirmed", "money_mule",
    )  # fmt: skip
    assert (row.rationale, holder(other)) == (CONCLUSION["rationale"], "Ana Analyst")
    assert case.history.order_by("history_id").last().history_change_reason == "Closed"


def test_an_approved_closing_ends_a_hold_that_began_while_it_waited(case: Case, analyst: User, lead: User) -> None:
    services.item_take(actor=analyst, item=case)
    request = closing_request(analyst, case)
    item_locking.grant_lease(case, lead, minutes=5)
    decide(lead, request)
    assert holder(case) == ""


def test_a_proposal_waits_and_its_end_reopens_the_case_once(case: Case, analyst: User) -> None:
    services.item_take(actor=analyst, item=case)
    request = closing_request(analyst, case)
    row = Case.objects.get(pk=case.pk)
    assert (row.status, row.last_edited_by, row.version) == (CaseStatus.AWAITING_APPROVAL, analyst, 3)
    assert row.history.order_by("history_id").last().history_change_reason == "Proposed to close"
    request_withdraw(actor=analyst, request=request)
    row.refresh_from_db()
    assert (row.status, row.version, row.history.order_by("history_id").last().history_change_reason) == (
        CaseStatus.OPEN, 4, "Approval withdrawn",
    )  # fmt: skip


def test_reopening_leaves_a_case_that_does_not_wait_as_it_is(case: Case, analyst: User) -> None:
    services.item_take(actor=analyst, item=case)
    locked = Case.objects.get(pk=case.pk)
    item_resume(actor=analyst, item=locked, reason="Nothing waits.")
    assert state(case) == ("open", "Ana Analyst", 2)


def test_the_same_proposal_by_somebody_else_is_no_answer(case: Case, analyst: User, lead: User) -> None:
    services.item_take(actor=analyst, item=case)
    closing_request(analyst, case)
    version = Case.objects.get(pk=case.pk).version
    with pytest.raises(InvalidTransition, match="awaits approval"):
        services.case_close(actor=lead, item=case, version=version, **CONCLUSION)
    assert ApprovalRequest.objects.count() == 1


@pytest.mark.parametrize("change", [-1, 1])
def test_a_proposal_on_another_version_is_a_conflict(case: Case, analyst: User, change: int) -> None:
    services.item_take(actor=analyst, item=case)
    with pytest.raises(Conflict, match="changed since you looked"):
        services.case_close(actor=analyst, item=case, version=2 + change, **CONCLUSION)


@pytest.mark.parametrize("length", [MIN_RATIONALE_LENGTH, MAX_RATIONALE_LENGTH])
def test_the_limits_of_a_rationale_belong_to_it(case: Case, analyst: User, length: int) -> None:
    services.item_take(actor=analyst, item=case)
    rationale = ("no" * length)[:length]
    request = closing_request(analyst, case, rationale=f" {rationale} ")
    assert request.payload["rationale"] == rationale
    assert (MIN_RATIONALE_LENGTH, MAX_RATIONALE_LENGTH) == (10, 10_000)


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"disposition": ""}, {"disposition": ["Choose what you conclude."]}),
        ({"reason_code": "known_pattern"}, {"reason_code": ["This reason does not go with that conclusion."]}),
        ({"reason_code": "x"}, {"reason_code": ["Choose a reason."]}),
        ({"rationale": "x" * 9}, {"rationale": ["Say why, in at least 10 characters."]}),
        ({"rationale": "x" * 10_001}, {"rationale": ["Say why, in at most 10,000 characters."]}),
    ],
)
def test_a_conclusion_that_does_not_hold_is_refused_in_words(
    case: Case, analyst: User, fields: dict[str, str], texts: dict[str, list[str]]
) -> None:
    services.item_take(actor=analyst, item=case)
    values: dict[str, Any] = {**CONCLUSION, **fields}
    with pytest.raises(Invalid) as error:
        services.case_close(actor=analyst, item=case, version=2, **values)
    assert error.value.fields == texts


@pytest.mark.parametrize(("disposition", "reason", "suspicious"), [
    ("confirmed", "money_mule", True), ("false_positive", "known_pattern", False),
])  # fmt: skip
def test_only_a_confirmed_case_labels_its_transactions_as_suspicious(
    queue: Queue, analyst: User, lead: User, disposition: str, reason: str, suspicious: bool
) -> None:
    first, second = cases_in(queue, 2)
    services.item_take(actor=analyst, item=second)
    decide(lead, closing_request(analyst, second, disposition=disposition, reason_code=reason))
    label = second.case_alerts.get().alert.transaction.labels.get()
    assert (label.is_suspicious, label.typology) == (suspicious, "large_amount" if suspicious else "")
    assert label.known_at == Case.objects.get(pk=second.pk).closed_at
    assert not first.case_alerts.get().alert.transaction.labels.exists()


@pytest.mark.parametrize("action", sorted(workflow.TABLES["case"]))
def test_a_step_of_the_table_leads_where_it_says(action: str) -> None:
    step = workflow.TABLES["case"][action]
    for status in CaseStatus:
        assert workflow.target(action, status) == (step.target or status)


def test_the_table_of_the_workflow_is_this_one() -> None:
    rows = {
        step.action: (
            sorted(step.sources), step.target, step.permission, sorted(step.holding), step.needs_reason,
            step.needs_approval, step.system,
        )
        for step in workflow.CASE_TRANSITIONS
    }  # fmt: skip
    anybody, mine_or_free, workable = ["free", "mine", "others"], ["free", "mine"], ["new", "open", "waiting"]
    assert rows == {
        "take": (workable, "open", "work", ["free"], False, False, False),
        "note": (["awaiting_approval", *workable], "", "work", anybody, False, False, False),
        "close": (["open", "waiting"], "closed", "work", mine_or_free, True, True, False),
        "wait": (["open"], "waiting", "work", mine_or_free, True, False, False),
        "release": (["open", "waiting"], "", "work", ["mine"], False, False, False),
        "assign": (workable, "open", "lead", anybody, True, False, False),
        "move": (workable, "", "work", mine_or_free, True, False, False),
        "subject_add": (workable, "", "work", mine_or_free, True, False, False),
        "reopen": (["closed"], "open", "lead", anybody, True, False, False),
        "wake": (["waiting"], "open", "work", anybody, False, False, True),
        "add_alerts": (workable, "", "work", anybody, False, False, True),
        "await_approval": (["open", "waiting"], "awaiting_approval", "work", anybody, False, False, True),
        "resume": (["awaiting_approval"], "open", "work", anybody, False, False, True),
        "execute": (["awaiting_approval"], "closed", "work", anybody, False, False, True),
    }
    assert {step.action for step in workflow.HUMAN_STEPS["case"]} == {
        "take", "note", "close", "wait", "release", "assign", "move", "subject_add", "reopen",
    }  # fmt: skip
    assert (sorted(workflow.WORKABLE), sorted(workflow.UNFINISHED)) == (workable, ["awaiting_approval", *workable])


@pytest.mark.parametrize(
    ("action", "status", "holding", "text"),
    [
        ("close", "new", "free", "Take the case first."),
        ("release", "new", "free", "Nobody has taken this case."),
        ("take", "awaiting_approval", "free", "The case awaits approval; withdraw the request to go on working."),
        ("take", "closed", "free", "The case is closed."),
        ("take", "open", "mine", "You hold this case already."),
        ("take", "open", "others", "Somebody else holds this case."),
        ("release", "open", "free", "You do not hold this case."),
        ("release", "open", "others", "Somebody else holds this case."),
        ("reopen", "new", "free", "Not possible now."),
        ("assign", "open", "others", ""),
        ("note", "awaiting_approval", "others", ""),
    ],
)
def test_a_refusal_says_why_in_these_words(action: str, status: str, holding: workflow.Holding, text: str) -> None:
    assert workflow.refusal(action, status=status, holding=holding) == text


def test_the_holder_of_a_lease_is_told_from_others(other: Case, analyst: User, colleague: User) -> None:
    lease = WorkLease.objects.get(case=other)
    assert [workflow.holding_of(lease, person) for person in (analyst, colleague)] == ["mine", "others"]
    assert workflow.holding_of(None, analyst) == "free"


def test_a_step_from_the_wrong_status_is_no_conflict_even_when_somebody_holds_the_case(
    other: Case, colleague: User
) -> None:
    lease = WorkLease.objects.get(case=other)
    other.status = CaseStatus.CLOSED
    with pytest.raises(InvalidTransition, match="closed"):
        item_locking.check("take", item=other, actor=colleague, lease=lease)
    other.status = CaseStatus.OPEN
    with pytest.raises(Conflict, match="Ana Analyst has held this case since 2 Mar 2026, 12:00 UTC"):
        item_locking.check("take", item=other, actor=colleague, lease=lease)


def test_every_save_of_a_case_raises_its_version_and_moment(case: Case, analyst: User) -> None:
    with clock.at(NOON):
        item_locking.save(case, actor=analyst, reason="Tried", fields=["rationale"])
    row = Case.objects.get(pk=case.pk)
    assert (row.version, row.updated_at, row.history.order_by("history_id").last().history_user) == (2, NOON, analyst)


@pytest.mark.parametrize("status", [CaseStatus.NEW, CaseStatus.AWAITING_APPROVAL])
def test_only_a_case_under_work_can_wait_for_approval(case: Case, analyst: User, status: str) -> None:
    case.status = status
    with pytest.raises(InvalidTransition):
        item_await_approval(actor=analyst, item=case)
    assert state(case) == ("new", "", 1)


def test_whoever_wrote_the_last_note_stays_the_last_editor_of_a_case_that_waits(
    case: Case, analyst: User, lead: User
) -> None:
    services.item_take(actor=analyst, item=case)
    services.note_add(actor=lead, item=case, text="I looked at this too.")
    request = closing_request(analyst, case)
    assert (request.last_edited_by, Case.objects.get(pk=case.pk).last_edited_by) == (lead, lead)
    request_withdraw(actor=analyst, request=request)
    closing_request(analyst, case)
    assert Case.objects.get(pk=case.pk).last_edited_by == lead


def test_a_step_that_ones_own_hold_forbids_is_no_conflict(other: Case, analyst: User) -> None:
    with pytest.raises(InvalidTransition, match="You hold this case already"):
        item_locking.check("take", item=other, actor=analyst, lease=WorkLease.objects.get(case=other))


def test_a_case_that_one_holds_already_is_returned_as_it_is(other: Case, analyst: User) -> None:
    with clock.at(NOON):
        again = services.item_take(actor=analyst, item=other)
    assert (again, again.version, again.assignee) == (other, 2, analyst)
