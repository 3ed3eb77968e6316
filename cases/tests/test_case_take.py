"""Taking, handing back, assigning: one case, one holder."""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.choices import CaseStatus
from cases.models import Case, Queue, WorkLease
from cases.services import item_assign, item_locking, item_release, item_take, item_take_next, next_item_sql, note_add
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories

# Grants, case, lease, row, history, roles, event, and what the act rests on once more: account, person, grants.
MOST_STATEMENTS = 10


@pytest.fixture
def case(queue: Queue) -> Case:
    return factories.case(inside=queue)


@pytest.fixture
def colleague(queue: Queue) -> User:
    person = factories.user("Cora Colleague", role="analyst")
    factories.grant(person, "work", queue)
    return person


def test_taking_opens_assigns_and_holds_it(case: Case, analyst: User) -> None:
    item_take(actor=analyst, item=case)
    case.refresh_from_db()
    assert (case.status, case.assignee, case.version) == (CaseStatus.OPEN, analyst, 2)
    assert case.lease.holder == analyst
    assert case.lease.expires_at - case.lease.taken_at == timedelta(minutes=case.queue.lease_minutes)
    event = Event.objects.get(action="case.take")
    assert (event.actor, event.subject_id) == (analyst, str(case.pk))
    assert case.history.first().history_user == analyst


def test_somebody_else_s_case_is_a_conflict_that_names_the_holder(case: Case, analyst: User, colleague: User) -> None:
    with clock.at(factories.NOON):
        item_take(actor=analyst, item=case)
        with pytest.raises(Conflict, match="Ana Analyst has held this case since 2 Mar 2026, 12:00 UTC"):
            item_take(actor=colleague, item=case)


def test_taking_one_s_own_again_only_extends_the_hold(case: Case, analyst: User) -> None:
    with clock.at(factories.NOON):
        item_take(actor=analyst, item=case)
    with clock.at(factories.NOON + timedelta(minutes=20)):
        item_take(actor=analyst, item=case)
    case.refresh_from_db()
    assert (case.lease.taken_at, case.version) == (factories.NOON, 2)
    assert case.lease.expires_at == factories.NOON + timedelta(minutes=50)
    assert Event.objects.filter(action="case.take").count() == 1


def test_an_expired_hold_is_none(case: Case, analyst: User, colleague: User) -> None:
    with clock.at(factories.NOON):
        item_take(actor=analyst, item=case)
    with clock.at(factories.NOON + timedelta(minutes=31)):
        assert item_take(actor=colleague, item=case).assignee == colleague
    assert WorkLease.objects.get().holder == colleague


def test_work_extends_the_hold(case: Case, analyst: User) -> None:
    with clock.at(factories.NOON):
        item_take(actor=analyst, item=case)
    with clock.at(factories.NOON + timedelta(minutes=29)):
        note_add(actor=analyst, item=case, text="Still at it.")
    assert WorkLease.objects.get().expires_at == factories.NOON + timedelta(minutes=59)


@pytest.mark.parametrize("verb", [item_take, item_release])
def test_who_may(case: Case, auditor: User, stranger: User, admin: User, verb: object) -> None:
    with pytest.raises(NotAllowed):
        verb(actor=auditor, item=case)  # type: ignore[operator]
    for person in (stranger, admin):
        with pytest.raises(NotFound):
            verb(actor=person, item=case)  # type: ignore[operator]


def test_handing_back_frees_it(case: Case, analyst: User, colleague: User) -> None:
    item_take(actor=analyst, item=case)
    item_release(actor=analyst, item=case)
    case.refresh_from_db()
    assert (case.assignee, WorkLease.objects.count()) == (None, 0)
    assert Event.objects.filter(action="case.release", actor=analyst).count() == 1
    assert item_take_next(actor=colleague, queue=case.queue) == case


def test_only_the_holder_hands_back(case: Case, analyst: User, lead: User) -> None:
    with pytest.raises(InvalidTransition):
        item_release(actor=analyst, item=case)
    item_take(actor=analyst, item=case)
    with pytest.raises(Conflict):
        item_release(actor=lead, item=case)


def test_a_lead_assigns_to_who_may_work_it(case: Case, analyst: User, lead: User, colleague: User) -> None:
    item_take(actor=analyst, item=case)
    item_assign(actor=lead, item=case, to=colleague, reason="Ana is on leave.")
    case.refresh_from_db()
    assert (case.assignee, case.lease.holder) == (colleague, colleague)
    with pytest.raises(Conflict):
        item_take(actor=analyst, item=case)


def test_assigning_needs_a_reason_and_a_worker(
    case: Case, analyst: User, lead: User, auditor: User, stranger: User, service: User
) -> None:
    with pytest.raises(Invalid):
        item_assign(actor=lead, item=case, to=analyst, reason=" ")
    for person in (auditor, stranger, service):
        with pytest.raises(Invalid):
            item_assign(actor=lead, item=case, to=person, reason="Because.")
    with pytest.raises(NotAllowed):
        item_assign(actor=analyst, item=case, to=analyst, reason="I want it.")


def test_next_is_the_most_urgent_that_nobody_holds(queue: Queue, analyst: User, colleague: User) -> None:
    low, high, mid = (factories.case(inside=queue, priority=points) for points in (10, 90, 50))
    factories.case(inside=queue, priority=99, status=CaseStatus.AWAITING_APPROVAL)
    factories.case(priority=98)
    assert [item_take_next(actor=person, queue=queue) for person in (analyst, colleague, analyst)] == [high, mid, low]
    assert item_take_next(actor=analyst, queue=queue) is None


def test_next_needs_work_on_the_queue(queue: Queue, auditor: User, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        item_take_next(actor=auditor, queue=queue)
    with pytest.raises(NotFound):
        item_take_next(actor=stranger, queue=queue)


def test_a_case_held_elsewhere_is_given_once_its_hold_expired(queue: Queue, analyst: User, colleague: User) -> None:
    case = factories.case(inside=queue)
    with clock.at(factories.NOON):
        item_take_next(actor=analyst, queue=queue)
        assert item_take_next(actor=colleague, queue=queue) is None
    with clock.at(factories.NOON + timedelta(hours=1)):
        assert item_take_next(actor=colleague, queue=queue) == case


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
            taken = [item_take_next(actor=person, queue=queue) for _ in range(3)]
        finally:
            connection.close()
        return [case.pk for case in taken if case is not None]

    with ThreadPoolExecutor(20) as threads:
        given = Counter(pk for pks in threads.map(take, people) for pk in pks)
    assert len(given) == 50
    assert set(given.values()) == {1}
    assert Event.objects.filter(action="case.take").count() == 50


def test_a_lease_that_somebody_took_a_moment_ago_is_not_taken_over(case: Case, analyst: User, colleague: User) -> None:
    """The next case is found as of the statement's start; its lease is the judge of who was first."""
    with clock.at(factories.NOON):
        assert item_locking.grant_free_lease(case, colleague, minutes=30) is not None
        assert item_locking.grant_free_lease(case, analyst, minutes=30) is None
        assert WorkLease.objects.get().holder == colleague
    with clock.at(factories.NOON + timedelta(minutes=30)):
        assert item_locking.grant_free_lease(case, analyst, minutes=30) is not None
    lease = WorkLease.objects.get()
    assert (lease.holder, lease.taken_at) == (analyst, factories.NOON + timedelta(minutes=30))


def test_whoever_finds_a_case_that_was_just_taken_passes_it_by(
    queue: Queue, analyst: User, colleague: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    urgent, other = (factories.case(inside=queue, priority=points) for points in (90, 10))
    found = next_item_sql.lock_first_free("case", queue.pk, [])
    assert found == (urgent, 0)
    item_take(actor=colleague, item=urgent)
    real, first = next_item_sql.lock_first_free, [found]
    monkeypatch.setattr(
        sys.modules["cases.services.item_take_next"],
        "lock_first_free",
        lambda kind, pk, passed_by: first.pop() if first else real(kind, pk, passed_by),
    )
    assert item_take_next(actor=analyst, queue=queue) == other
    assert WorkLease.objects.get(case=urgent).holder == colleague


def test_taking_the_next_case_says_what_it_was_and_is(queue: Queue, analyst: User, colleague: User) -> None:
    """The old values come from the row as it was locked, and are those of the event."""
    case = factories.case(inside=queue, status=CaseStatus.NEW, assignee=colleague)
    item_take_next(actor=analyst, queue=queue)
    event = json.loads(bytes(Event.objects.get(action="case.take").body))
    assert event["changes"] == {"assignee": [str(colleague.pk), str(analyst.pk)], "status": ["new", "open"]}
    assert event["data"]["assignee_before"] == str(colleague.pk)
    assert event["history"] == [{"type": "cases.historicalcase", "id": str(case.history.first().history_id)}]


def test_the_next_case_costs_few_statements(queue: Queue, analyst: User) -> None:
    """Each of them waits for the server while dozens want a case."""
    for number in range(3):
        factories.case(inside=queue, priority=number)
    analyst.get_all_permissions()
    item_take_next(actor=analyst, queue=queue)
    with CaptureQueriesContext(connection) as asked:
        item_take_next(actor=analyst, queue=queue)
    # A savepoint is of the test's transaction, and released again.
    sent = [query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(sent) <= MOST_STATEMENTS, "\n".join(statement[:150] for statement in sent)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads PostgreSQL's plan")
def test_the_next_case_is_found_by_the_index_of_the_queue_without_sorting(queue: Queue) -> None:
    for number in range(300):
        factories.case(inside=queue, priority=number % 100, of=factories.account())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_case")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"EXPLAIN {next_item_sql._statement('case', '')}", [queue.pk, clock.now()])
        plan = "\n".join(row for (row,) in cursor.fetchall())
    # Where most cases are closed, the one of unfinished cases; here they have the same rows.
    assert "cases_queue_unfinished" in plan or "cases_queue_priority" in plan
    assert "Sort" not in plan
