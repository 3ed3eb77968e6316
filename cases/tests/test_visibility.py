"""What is read of queues, cases and incidents, where there is always another one that must not be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from cases import selectors
from cases.choices import CaseStatus
from cases.models import Case, Queue
from cases.services import item_assign, item_take, note_add
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Invalid, NotAllowed, NotFound
from tests import factories

from .factories import cases_in

CLOSED: dict[str, Any] = {"disposition": "confirmed", "reason_code": "money_mule", "closed_at": factories.NOON}


@pytest.fixture
def other_queue(queue: Queue) -> Queue:
    return factories.queue("fraud-1")


@pytest.fixture
def cases(queue: Queue, other_queue: Queue, analyst: User) -> list[Case]:
    """Two in the analyst's queue, the first with a note; and a third in another queue."""
    first, second = cases_in(queue, 2, alerts=2)
    note_add(actor=analyst, item=first, text="About the first.")
    queue.typologies = []
    queue.save()
    return [first, second, *cases_in(other_queue, 1)]


def test_alerts_notes_and_incidents_are_those_of_one_case(cases: list[Case], analyst: User) -> None:
    note_add(actor=analyst, item=cases[1], text="About the second.")
    note_add(actor=analyst, item=cases[1], text="And more.")
    first, second = cases[:2]
    for case in (first, second):
        alerts = list(selectors.item_alerts(analyst, case))
        assert [alert.account_id for alert in alerts] == [case.account_id] * 2
        assert alerts[0].pk > alerts[1].pk
        assert [incident.case for incident in selectors.case_incidents(analyst, case)] == [case]
    assert [note.text for note in selectors.item_notes(analyst, second)] == ["About the second.", "And more."]
    assert [note.text for note in selectors.item_notes(analyst, first)] == ["About the first."]


def test_notes_are_for_those_who_see_the_case(cases: list[Case], analyst: User, stranger: User, auditor: User) -> None:
    assert selectors.item_notes(auditor, cases[0]).count() == 1
    assert selectors.item_notes(stranger, cases[0]).count() == 0
    assert selectors.item_notes(None, cases[0]).count() == 0


def test_the_alerts_of_an_incident_are_its_own(cases: list[Case], analyst: User) -> None:
    incident = cases[0].incidents.get()
    second = factories.incident_of(cases[0], reference="I-2", alert_count=1)
    moved = cases[0].case_alerts.order_by("pk").last()
    assert moved is not None
    moved.incident = second
    moved.save()
    assert [alert.pk for alert in selectors.item_alerts(analyst, second)] == [moved.alert_id]
    assert selectors.item_alerts(analyst, incident).count() == 1
    assert selectors.incident_get(analyst, "I-2") == second


def counts(queue: Any) -> tuple[int, int, int]:
    """Unfinished cases, of those awaiting approval, and held; as `queues_visible` counts them."""
    return queue.case_count, queue.case_awaiting_count, queue.case_held_count


def test_a_queue_counts_its_own_cases(queue: Queue, other_queue: Queue, analyst: User, superuser: User) -> None:
    for where, number in ((other_queue, 3), (queue, 2)):
        for _ in range(number):
            factories.case(inside=where, status=CaseStatus.AWAITING_APPROVAL)
        factories.case(inside=where, status=CaseStatus.CLOSED, **CLOSED)
        factories.case(inside=where)
    item_take(actor=analyst, item=factories.case(inside=queue))
    with clock.at(clock.now() - timedelta(days=1)):
        item_take(actor=analyst, item=factories.case(inside=queue))
    by_slug = {row.slug: counts(row) for row in selectors.queues_visible(superuser)}
    assert by_slug == {"aml-1": (5, 2, 1), "fraud-1": (4, 3, 0)}
    assert counts(selectors.queue_detail(analyst, "aml-1"))[0] == 5


def test_a_hold_that_expires_now_is_not_counted(queue: Queue, analyst: User) -> None:
    with clock.at(factories.NOON):
        case = item_take(actor=analyst, item=factories.case(inside=queue))
    for at, number in ((case.lease.expires_at - timedelta(microseconds=1), 1), (case.lease.expires_at, 0)):
        with clock.at(at):
            assert counts(selectors.queue_detail(analyst, "aml-1"))[2] == number


def test_a_queue_that_one_may_not_see_is_not_found(queue: Queue, other_queue: Queue, analyst: User) -> None:
    assert selectors.queue_get(analyst, "aml-1") == queue
    with pytest.raises(NotFound):
        selectors.queue_get(analyst, "fraud-1")
    assert [row.pk for row in selectors.queues_visible(analyst)] == [queue.pk]


def test_seeing_a_queue_is_not_working_it(queue: Queue, other_queue: Queue, analyst: User, auditor: User) -> None:
    assert list(selectors.queues_workable(analyst)) == [queue]
    assert not selectors.queues_workable(auditor).exists()
    assert selectors.may_work(analyst, queue)
    assert not selectors.may_work(auditor, queue)
    assert not selectors.may_work(analyst, other_queue)


def test_a_queue_lists_its_own_unfinished_cases(cases: list[Case], queue: Queue, analyst: User) -> None:
    closed = factories.case(inside=queue, status=CaseStatus.CLOSED, **CLOSED)
    assert set(selectors.queue_items(analyst, queue, "case")) == set(cases[:2])
    assert set(selectors.queue_items(analyst, queue, "case", {"status": ["closed"]})) == {closed}
    assert set(selectors.queue_items(analyst, queue, "case", {"priority_min": "0"})) == set(cases[:2])
    assert not selectors.queue_items(analyst, cases[2].queue, "case").exists()


def test_a_case_is_found_by_its_own_reference(cases: list[Case], analyst: User) -> None:
    assert [selectors.case_get(analyst, case.reference) for case in cases[:2]] == cases[:2]
    with pytest.raises(NotFound):
        selectors.case_get(analyst, cases[2].reference)


@pytest.mark.parametrize("how", ["reference", "number", "account", "transaction", "incident"])
def test_a_search_finds_one_case_and_not_the_others(cases: list[Case], analyst: User, how: str) -> None:
    for case in cases:
        alert = case.case_alerts.order_by("pk")[0].alert
        assert case.account is not None
        text = {
            "reference": case.reference.lower(), "number": str(case.pk), "account": case.account.external_id,
            "transaction": alert.transaction.external_id, "incident": case.incidents.get().reference.lower(),
        }[how]  # fmt: skip
        assert list(selectors.search(analyst, f"  {text}\n")) == ([case] if case != cases[2] else [])


def test_an_alert_leads_to_the_case_it_lies_in(cases: list[Case], analyst: User) -> None:
    locations = [selectors.alert_location(analyst, case.case_alerts.order_by("pk")[0].alert) for case in cases]
    assert [location and location.label for location in locations] == [
        cases[0].reference, cases[1].reference, None,
    ]  # fmt: skip


def test_my_work_is_unfinished_and_mine(queue: Queue, analyst: User, lead: User) -> None:
    mine, other = (factories.case(inside=queue) for _ in range(2))
    item_take(actor=lead, item=other)
    item_take(actor=analyst, item=mine)
    factories.case(inside=queue, status=CaseStatus.CLOSED, assignee=analyst, **CLOSED)
    assert list(selectors.my_work(analyst)) == [mine]


@pytest.fixture
def people(queue: Queue, other_queue: Queue, cases: list[Case], analyst: User, lead: User, auditor: User) -> list[str]:
    """Everybody with some tie to the first case; returns who may work it."""

    def person(name: str, role: str = "analyst", **fields: Any) -> User:
        return factories.user(name, role=role, **fields)

    for name, grant, anchor in (
        ("On the case", "work", cases[0]), ("Leads the case", "lead", cases[0]), ("On another case", "work", cases[1]),
        ("Views the queue", "view", queue), ("On another queue", "work", other_queue),
    ):  # fmt: skip
        factories.grant(person(name), grant, anchor)
    factories.grant(person("Without a role", role=""), "work", queue)
    factories.grant(person("Inactive", is_active=False), "work", queue)
    factories.grant(person("Robot", kind=UserKind.SERVICE), "work", queue)
    for name, anchor in (("In a group", queue), ("In a group of the case", cases[0]), ("In another", other_queue)):
        group = Group.objects.create(name=name)
        person(name).groups.add(group)
        factories.grant(group, "work", anchor)
    viewers = Group.objects.create(name="viewers of the queue")
    person("In a group of viewers").groups.add(viewers)
    factories.grant(viewers, "view", queue)
    return ["Ana Analyst", "In a group", "In a group of the case", "Leads the case", "Leo Lead", "On the case"]


def test_a_case_is_offered_to_everybody_who_may_work_it_and_nobody_else(
    people: list[str], cases: list[Case], lead: User, analyst: User
) -> None:
    offered = selectors.people_for_assign(lead, cases[0])
    assert [person.name for person in offered] == people
    assert all(access.allowed(person, "work", cases[0]) for person in offered)
    assert not selectors.people_for_assign(analyst, cases[0]).exists()


def test_a_case_is_assigned_to_whoever_is_offered_and_to_nobody_else(
    people: list[str], cases: list[Case], lead: User
) -> None:
    for person in User.objects.filter(kind=UserKind.HUMAN).order_by("pk"):
        if person.name in people:
            assert selectors.person_for_assign(lead, cases[0], person.pk) == person
            assert item_assign(actor=lead, item=cases[0], to=person, reason="Try it.").assignee == person
            continue
        with pytest.raises(Invalid) as error:
            selectors.person_for_assign(lead, cases[0], person.pk)
        assert error.value.fields == {"to": ["This person may not work this case."]}
        with pytest.raises(Invalid):
            item_assign(actor=lead, item=cases[0], to=person, reason="Try it.")


def test_a_person_who_may_not_assign_is_refused_before_anybody_is_looked_up(
    cases: list[Case], analyst: User, stranger: User
) -> None:
    with pytest.raises(NotAllowed):
        selectors.person_for_assign(analyst, cases[0], analyst.pk)
    with pytest.raises(NotFound):
        selectors.person_for_assign(stranger, cases[0], analyst.pk)


@pytest.mark.parametrize(
    "reads", ["item_alerts", "item_notes", "item_entries", "case_incidents", "item_actions", "item_timeline"]
)
def test_a_stranger_reads_nothing_of_a_case_that_has_all_of_it(
    cases: list[Case], analyst: User, stranger: User, reads: str
) -> None:
    selector = getattr(selectors, reads)
    assert len(selector(analyst, cases[0])) > 0
    assert len(selector(stranger, cases[0])) == 0


def test_the_steps_of_a_case_are_those_of_its_own_hold(cases: list[Case], analyst: User, lead: User) -> None:
    item_take(actor=analyst, item=cases[0])

    def enabled(person: User, case: Case) -> set[str]:
        fresh = selectors.case_get(person, case.reference)
        return {step.name for step in selectors.item_actions(person, fresh) if step.enabled}

    assert enabled(analyst, cases[0]) == {"note", "close", "release", "wait", "move", "subject_add"}
    assert enabled(analyst, cases[1]) == {"take", "note", "move", "subject_add"}
    assert enabled(lead, cases[0]) == {"note", "assign"}
    assert enabled(lead, cases[1]) == {"take", "note", "assign", "move", "subject_add"}
    steps = {step.name: step for step in selectors.item_actions(lead, cases[0])}
    reasoned = {"close", "assign", "wait", "move", "subject_add", "reopen"}
    assert {name for name, step in steps.items() if step.needs_reason} == reasoned
    assert {name for name, step in steps.items() if step.needs_approval} == {"close"}
    assert [(step.label, step.key) for step in steps.values()] == [
        ("Take", "h"), ("Add note", "c"), ("Propose to close", "d"), ("Wait", "w"), ("Release", "b"), ("Assign", "a"),
        ("Move", "m"), ("Add a subject", "u"), ("Reopen", "o"),
    ]  # fmt: skip
