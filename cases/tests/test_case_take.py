"""Taking, handing back, assigning: one case, one holder."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from cases.choices import CaseStatus
from cases.models import Case, Queue, WorkLease
from cases.services import case_assign, case_release, case_take, case_take_next, note_add
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories


@pytest.fixture
def case(queue: Queue) -> Case:
    return factories.case(inside=queue)


@pytest.fixture
def colleague(queue: Queue) -> User:
    person = factories.user("Cora Colleague", role="analyst")
    factories.grant(person, "work", queue)
    return person


def test_taking_opens_assigns_and_holds_it(case: Case, analyst: User) -> None:
    case_take(actor=analyst, case=case)
    case.refresh_from_db()
    assert (case.status, case.assignee, case.version) == (CaseStatus.OPEN, analyst, 2)
    assert case.lease.holder == analyst
    assert case.lease.expires_at - case.lease.taken_at == timedelta(minutes=case.queue.lease_minutes)
    event = Event.objects.get(action="case.take")
    assert (event.actor, event.subject_id) == (analyst, str(case.pk))
    assert case.history.first().history_user == analyst


def test_somebody_else_s_case_is_a_conflict_that_names_the_holder(case: Case, analyst: User, colleague: User) -> None:
    with clock.at(factories.NOON):
        case_take(actor=analyst, case=case)
        with pytest.raises(Conflict, match="Ana Analyst has held this case since 2026-03-02 12:00 UTC"):
            case_take(actor=colleague, case=case)


def test_taking_one_s_own_again_only_extends_the_hold(case: Case, analyst: User) -> None:
    with clock.at(factories.NOON):
        case_take(actor=analyst, case=case)
    with clock.at(factories.NOON + timedelta(minutes=20)):
        case_take(actor=analyst, case=case)
    case.refresh_from_db()
    assert (case.lease.taken_at, case.version) == (factories.NOON, 2)
    assert case.lease.expires_at == factories.NOON + timedelta(minutes=50)
    assert Event.objects.filter(action="case.take").count() == 1


def test_an_expired_hold_is_none(case: Case, analyst: User, colleague: User) -> None:
    with clock.at(factories.NOON):
        case_take(actor=analyst, case=case)
    with clock.at(factories.NOON + timedelta(minutes=31)):
        assert case_take(actor=colleague, case=case).assignee == colleague
    assert WorkLease.objects.get().holder == colleague


def test_work_extends_the_hold(case: Case, analyst: User) -> None:
    with clock.at(factories.NOON):
        case_take(actor=analyst, case=case)
    with clock.at(factories.NOON + timedelta(minutes=29)):
        note_add(actor=analyst, case=case, text="Still at it.")
    assert WorkLease.objects.get().expires_at == factories.NOON + timedelta(minutes=59)


@pytest.mark.parametrize("verb", [case_take, case_release])
def test_who_may(case: Case, auditor: User, stranger: User, admin: User, verb: object) -> None:
    with pytest.raises(NotAllowed):
        verb(actor=auditor, case=case)  # type: ignore[operator]
    for person in (stranger, admin):
        with pytest.raises(NotFound):
            verb(actor=person, case=case)  # type: ignore[operator]


def test_handing_back_frees_it(case: Case, analyst: User, colleague: User) -> None:
    case_take(actor=analyst, case=case)
    case_release(actor=analyst, case=case)
    case.refresh_from_db()
    assert (case.assignee, WorkLease.objects.count()) == (None, 0)
    assert Event.objects.filter(action="case.release", actor=analyst).count() == 1
    assert case_take_next(actor=colleague, queue=case.queue) == case


def test_only_the_holder_hands_back(case: Case, analyst: User, lead: User) -> None:
    with pytest.raises(InvalidTransition):
        case_release(actor=analyst, case=case)
    case_take(actor=analyst, case=case)
    with pytest.raises(Conflict):
        case_release(actor=lead, case=case)


def test_a_lead_assigns_to_who_may_work_it(case: Case, analyst: User, lead: User, colleague: User) -> None:
    case_take(actor=analyst, case=case)
    case_assign(actor=lead, case=case, to=colleague, reason="Ana is on leave.")
    case.refresh_from_db()
    assert (case.assignee, case.lease.holder) == (colleague, colleague)
    with pytest.raises(Conflict):
        case_take(actor=analyst, case=case)


def test_assigning_needs_a_reason_and_a_worker(
    case: Case, analyst: User, lead: User, auditor: User, stranger: User, service: User
) -> None:
    with pytest.raises(Invalid):
        case_assign(actor=lead, case=case, to=analyst, reason=" ")
    for person in (auditor, stranger, service):
        with pytest.raises(Invalid):
            case_assign(actor=lead, case=case, to=person, reason="Because.")
    with pytest.raises(NotAllowed):
        case_assign(actor=analyst, case=case, to=analyst, reason="I want it.")


def test_next_is_the_most_urgent_that_nobody_holds(queue: Queue, analyst: User, colleague: User) -> None:
    low, high, mid = (factories.case(inside=queue, priority=points) for points in (10, 90, 50))
    factories.case(inside=queue, priority=99, status=CaseStatus.AWAITING_APPROVAL)
    factories.case(priority=98)
    assert [case_take_next(actor=person, queue=queue) for person in (analyst, colleague, analyst)] == [high, mid, low]
    assert case_take_next(actor=analyst, queue=queue) is None


def test_next_needs_work_on_the_queue(queue: Queue, auditor: User, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        case_take_next(actor=auditor, queue=queue)
    with pytest.raises(NotFound):
        case_take_next(actor=stranger, queue=queue)


def test_a_case_held_elsewhere_is_given_once_its_hold_expired(queue: Queue, analyst: User, colleague: User) -> None:
    case = factories.case(inside=queue)
    with clock.at(factories.NOON):
        case_take_next(actor=analyst, queue=queue)
        assert case_take_next(actor=colleague, queue=queue) is None
    with clock.at(factories.NOON + timedelta(hours=1)):
        assert case_take_next(actor=colleague, queue=queue) == case


@pytest.mark.django_db(transaction=True)
def test_twenty_people_at_once_are_never_given_the_same_case() -> None:
    queue = factories.queue("busy")
    people = [factories.user(f"Analyst {number}", role="analyst") for number in range(20)]
    for person in people:
        factories.grant(person, "work", queue)
    for number in range(50):
        factories.case(inside=queue, priority=number)

    def take(person: User) -> list[int]:
        try:
            taken = [case_take_next(actor=person, queue=queue) for _ in range(3)]
        finally:
            connection.close()
        return [case.pk for case in taken if case is not None]

    with ThreadPoolExecutor(20) as threads:
        given = Counter(pk for pks in threads.map(take, people) for pk in pks)
    assert len(given) == 50
    assert set(given.values()) == {1}
    assert Event.objects.filter(action="case.take").count() == 50
