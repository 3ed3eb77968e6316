"""Locks with real threads: what happens twice in one moment happens as if one had come after the other."""

from __future__ import annotations

import pytest

from approvals.models import ApprovalRequest
from approvals.tests.factories import closing_request, decide
from cases.choices import CaseStatus
from cases.models import Case, CaseAlert, Incident, Queue, WorkLease
from cases.policies.selectors import work_policy_get
from cases.services import (
    ensure_default_queue,
    gather_alerts,
    item_assign,
    item_release,
    item_take,
    item_take_next,
    work_policy_change,
)
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


@pytest.fixture
def queue() -> Queue:
    """What the first of all groupings makes is there already: nobody waits for another because of that."""
    system_actor("group-alerts")
    ensure_default_queue()
    return factories.queue("aml-1", typologies=[Typology.LARGE_AMOUNT])


def person(name: str, queue: Queue, grant: str = "work", role: str = "analyst") -> User:
    user = factories.user(name, role=role)
    factories.grant(user, grant, queue)
    return user


def test_alerts_of_one_account_grouped_at_once_open_one_case(queue: Queue) -> None:
    for _ in range(ROUNDS):
        account = factories.account()
        alerts = [factories.alert(of=account) for _ in range(6)]
        assert at_once(*(lambda each=each: escalated(alerts=[each]) for each in alerts)) == ["done"] * 6
        case = Case.objects.get(account=account)
        assert (case.alert_count, case.version) == (6, 6)
        assert CaseAlert.objects.filter(case=case).count() == 6
        assert Incident.objects.get(case=case).alert_count == 6
        assert case.amounts == {"USD": str(6 * 1_250_000)}


def test_an_alert_that_comes_while_a_closing_is_asked_for_is_in_it_or_in_a_successor(queue: Queue) -> None:
    ana = person("Ana", queue)
    for _ in range(ROUNDS):
        account = factories.account()
        escalated(alerts=[factories.alert(of=account)])
        case = item_take(actor=ana, item=Case.objects.get(account=account))
        late = factories.alert(of=account)
        at_once(lambda: closing_request(ana, case), lambda: gather_alerts(alerts=[late]))  # noqa: B023
        case.refresh_from_db()
        incident = Incident.objects.get(case_alerts__alert=late)
        request = ApprovalRequest.objects.filter(subject_id=str(case.pk)).first()
        if request is None:
            # The alert was there first: what she saw is no more.
            assert (case.status, incident.case) == (CaseStatus.OPEN, case)
            continue
        assert case.status == CaseStatus.AWAITING_APPROVAL
        asked = request.snapshot["alerts"]
        assert asked == [str(pk) for pk in case.case_alerts.order_by("alert_id").values_list("alert_id", flat=True)]
        assert (incident.case == case) == (str(late.pk) in asked)
        assert incident.case is not None or incident.predecessor is not None


def test_one_of_two_takes_a_case(queue: Queue) -> None:
    people = [person(name, queue) for name in ("Ana", "Cora")]
    for _ in range(ROUNDS):
        case = factories.case(inside=queue)
        outcomes = at_once(*(lambda each=each: item_take(actor=each, item=case) for each in people))  # noqa: B023
        assert sorted(outcomes) == ["conflict", "done"]
        winner = people[outcomes.index("done")]
        case.refresh_from_db()
        assert (case.assignee, case.lease.holder, case.version) == (winner, winner, 2)
        assert Event.objects.filter(action="case.take", subject_id=str(case.pk)).count() == 1


def test_releasing_and_assigning_at_once_leave_a_holder_and_an_assignee_who_agree(queue: Queue) -> None:
    ana, cora, lead = person("Ana", queue), person("Cora", queue), person("Leo", queue, "lead", "compliance")
    for _ in range(ROUNDS):
        case = item_take(actor=ana, item=factories.case(inside=queue))
        outcomes = at_once(
            lambda: item_release(actor=ana, item=case),  # noqa: B023
            lambda: item_assign(actor=lead, item=case, to=cora, reason="Knows the customer."),  # noqa: B023
        )
        case = Case.objects.get(pk=case.pk)
        assert outcomes[1] == "done"
        assert (case.assignee, case.lease.holder) == (cora, cora)
        assert case.version == 2 + outcomes.count("done")


def test_a_closing_that_two_leads_approve_happens_once(queue: Queue) -> None:
    ana = person("Ana", queue)
    leads = [person(name, queue, "lead", "compliance") for name in ("Leo", "Lin")]
    for _ in range(ROUNDS):
        case = item_take(actor=ana, item=factories.case(inside=queue))
        request = closing_request(ana, case)
        outcomes = at_once(*(lambda each=each: decide(each, request) for each in leads))  # noqa: B023
        assert sorted(outcomes) == ["done", "invalid-transition"]
        case.refresh_from_db()
        assert case.status == CaseStatus.CLOSED
        assert Event.objects.filter(action="case.close", subject_id=str(case.pk)).count() == 1


def test_two_that_one_person_takes_or_is_given_at_once_are_counted_one_after_the_other(queue: Queue) -> None:
    """In two windows, and by a lead meanwhile."""
    ana, lead = person("Ana", queue), person("Leo", queue, "lead", "compliance")
    admin = factories.user(role="admin")
    content = {"automatic": [], "most_held": 1, "absent": []}
    policy = work_policy_get(admin, "assignment")
    work_policy_change(actor=admin, policy=policy, content=content, reason="One at a time.")
    for _ in range(ROUNDS):
        first, second, third, _ = (factories.case(inside=queue) for _ in range(4))
        outcomes = at_once(
            lambda: item_take(actor=ana, item=first),  # noqa: B023
            lambda: item_take(actor=ana, item=second),  # noqa: B023
            lambda: item_take_next(actor=ana, queue=queue),
            lambda: item_assign(actor=lead, item=third, to=ana, reason="Knows the customer."),  # noqa: B023
        )
        assert outcomes.count("done") == 1, outcomes
        (held,) = WorkLease.objects.filter(holder=ana).select_related("case")
        assert held.case is not None
        item_release(actor=ana, item=held.case)
        Case.objects.filter(queue=queue).update(status=CaseStatus.WAITING)
