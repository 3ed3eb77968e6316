"""Items that finobs gives to people, and how many one may hold."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case, Incident, Queue, WorkLease
from cases.policies.assignment import least_loaded
from cases.policies.selectors import work_policy_get
from cases.services import (
    gather_alerts,
    incident_open,
    item_assign,
    item_release,
    item_take,
    item_take_next,
    work_policy_change,
)
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.db.dialect import is_postgresql
from finobs.core.errors import Conflict, Invalid
from tests import factories
from tests.support.clients import signed_in
from tests.support.escalation import escalated
from tests.support.ledger_events import last_event


def policy(admin: User, *, most_held: int = 0, absent: Any = (), automatic: Any = ()) -> None:
    content = {"automatic": list(automatic), "most_held": most_held, "absent": list(absent)}
    work_policy_change(
        actor=admin, policy=work_policy_get(admin, "assignment"), content=content, reason="So that nothing waits."
    )


@pytest.fixture
def triage(queue: Queue) -> Queue:
    queue.typologies = [Typology.LARGE_AMOUNT]
    queue.save()
    return queue


@pytest.fixture
def colleague(queue: Queue) -> User:
    person = factories.user("Cora Colleague", role="analyst")
    factories.grant(person, "work", queue)
    return person


INCIDENTS = {"queue": "aml-1", "level": "incident"}


@given(st.dictionaries(st.integers(1, 50), st.integers(0, 9)))
def test_whoever_has_the_least_is_next(loads: dict[int, int]) -> None:
    person = least_loaded(loads)
    assert (person is None) == (not loads)
    if person is not None:
        assert loads[person] == min(loads.values())


@pytest.mark.django_db
def test_new_incidents_go_in_turn_to_those_who_may_work_the_queue(
    admin: User, analyst: User, colleague: User, lead: User, stranger: User, triage: Queue
) -> None:
    factories.incident(inside=triage, assignee=lead, status="open")
    policy(admin, automatic=[INCIDENTS])
    gather_alerts(alerts=[factories.alert() for _ in range(5)])
    new = Incident.objects.filter(case_alerts__isnull=False)
    assert Counter(new.values_list("assignee__name", flat=True)) == {
        "Ana Analyst": 2, "Cora Colleague": 2, "Leo Lead": 1
    }  # fmt: skip
    assert set(new.values_list("status", flat=True)) == {"open"}
    held_by = dict(WorkLease.objects.values_list("incident", "holder"))
    assert held_by == dict(new.values_list("pk", "assignee"))
    event = last_event("incident.assign")
    assert event["data"] | {"to": ""} == {"to": "", "from": None, "reason_digest": ANY}
    assert event["changes"]["status"] == ["new", "open"]


@pytest.mark.django_db
def test_nobody_is_given_more_than_they_may_hold_and_the_rest_waits(
    admin: User, analyst: User, lead: User, triage: Queue
) -> None:
    policy(admin, automatic=[INCIDENTS], most_held=2)
    item_take(actor=analyst, item=factories.case(inside=triage))
    gather_alerts(alerts=[factories.alert() for _ in range(5)])
    new = Incident.objects.filter(case_alerts__isnull=False)
    assert Counter(new.values_list("assignee__name", flat=True)) == {"Ana Analyst": 1, "Leo Lead": 2, None: 2}


@pytest.mark.django_db
def test_the_absent_and_the_inactive_are_given_nothing(
    admin: User, analyst: User, colleague: User, lead: User, triage: Queue
) -> None:
    today = clock.now().date()
    User.objects.filter(pk=lead.pk).update(is_active=False)
    absent = [
        {"person": analyst.pk, "until": today.isoformat()},
        {"person": colleague.pk, "until": (today - timedelta(days=1)).isoformat()},
    ]
    policy(admin, automatic=[INCIDENTS], absent=absent)
    gather_alerts(alerts=[factories.alert() for _ in range(2)])
    assert set(Incident.objects.values_list("assignee", flat=True)) == {colleague.pk}


@pytest.mark.django_db
def test_only_the_queues_and_levels_that_the_policy_names(admin: User, analyst: User, triage: Queue) -> None:
    policy(admin, automatic=[{"queue": "aml-1", "level": "case"}])
    (case,) = escalated(alerts=[factories.alert()])
    assert Incident.objects.get().assignee is None
    assert Case.objects.get(pk=case.pk).assignee == analyst


@pytest.mark.django_db
def test_the_statements_of_assignment_do_not_grow_with_the_items(admin: User, analyst: User, triage: Queue) -> None:
    policy(admin, automatic=[INCIDENTS], most_held=100)
    counts = []
    for number in (1, 1, 6):
        alerts = [factories.alert() for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            gather_alerts(alerts=alerts)
        counts.append(len(captured))
    assert counts[1] == counts[2]


@pytest.mark.django_db
def test_nobody_takes_or_is_given_more_than_one_may_hold(admin: User, analyst: User, lead: User, queue: Queue) -> None:
    policy(admin, most_held=2)
    items = [factories.case(inside=queue), factories.incident(inside=queue)]
    for item in items:
        item_take(actor=analyst, item=item)
    third = factories.case(inside=queue)
    with pytest.raises(Conflict, match="You hold 2 already"):
        item_take(actor=analyst, item=third)
    with pytest.raises(Conflict, match="You hold 2 already"):
        item_take_next(actor=analyst, queue=queue)
    with pytest.raises(Invalid) as refusal:
        item_assign(actor=lead, item=third, to=analyst, reason="Hers, I think.")
    assert "holds 2 already" in refusal.value.fields["to"][0]
    assert WorkLease.objects.count() == 2
    # What one holds can be taken again, and be given again.
    item_take(actor=analyst, item=items[0])
    item_assign(actor=lead, item=items[1], to=analyst, reason="Hers, I think.")
    item_release(actor=analyst, item=items[0])
    assert item_take_next(actor=analyst, queue=queue) is not None


@pytest.mark.django_db
def test_a_hold_that_has_expired_counts_no_more(admin: User, analyst: User, queue: Queue) -> None:
    policy(admin, most_held=1)
    first, second = factories.case(inside=queue), factories.case(inside=queue)
    with clock.at(factories.NOON):
        item_take(actor=analyst, item=first)
    with clock.at(factories.NOON + timedelta(minutes=31)):
        assert item_take(actor=analyst, item=second).assignee == analyst


@pytest.mark.django_db
def test_the_limit_costs_taking_the_next_a_count_and_a_lock_and_nothing_where_there_is_none(
    admin: User, analyst: User, queue: Queue
) -> None:
    for _ in range(4):
        factories.case(inside=queue)
    analyst.get_all_permissions()
    item_take_next(actor=analyst, queue=queue)
    counts = []
    for most_held in (0, 100):
        if most_held:
            policy(admin, most_held=most_held)
        with CaptureQueriesContext(connection) as captured:
            item_take_next(actor=analyst, queue=queue)
        counts.append(len(captured))
    assert counts[1] == counts[0] + (2 if is_postgresql() else 1)


@pytest.mark.django_db
def test_the_page_says_why_nothing_more_is_handed_out(admin: User, analyst: User, queue: Queue) -> None:
    policy(admin, most_held=1)
    for _ in range(2):
        factories.case(inside=queue)
    item_take_next(actor=analyst, queue=queue)
    response = signed_in(analyst).post(f"/cases/queues/{queue.slug}/take-next/")
    assert response.status_code == 409
    assert "You hold 1 already" in response.content.decode()
    page = response.content.decode()
    assert "You hold as many as one person may" in page
    assert "has changed" not in page


@pytest.mark.django_db
def test_what_somebody_refers_is_given_to_people_too(admin: User, analyst: User, lead: User, queue: Queue) -> None:
    policy(admin, automatic=[{"queue": queue.slug, "level": "incident"}])
    opened = incident_open(
        actor=lead, queue=queue, typology=Typology.STRUCTURING, title="Cash in three branches", text="I saw it myself."
    )
    assert (opened.status, opened.assignee_id) == ("open", analyst.pk)
    assert last_event("incident.assign")["data"]["to"] == str(analyst.pk)
