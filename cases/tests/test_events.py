"""What each act on a case says in the ledger: of which case, by whom, with exactly which values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from approvals.tests.factories import CONCLUSION, closing_request, decide
from cases import services
from cases.choices import CaseStatus
from cases.models import Case, Queue
from cases.services.item_assign import ASSIGNED_MINUTES
from cases.services.text_digests import rationale_digest, reason_digest
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.accounts.org_units import ROOT_ID
from finobs.core import clock
from finobs.ledger.models import Event
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

from .factories import cases_in, more_alerts


@pytest.fixture
def two_cases(queue: Queue) -> list[Case]:
    return cases_in(queue, 2, alerts=2)


@pytest.fixture
def case(two_cases: list[Case]) -> Case:
    """The second of two: what is recorded of it must not be said of the first."""
    return two_cases[1]


@pytest.fixture
def colleague(queue: Queue) -> User:
    person = factories.user("Cora Colleague", role="analyst")
    factories.grant(person, "work", queue)
    return person


def said(action: str, case: Case, actor: User) -> Any:
    """The data of the last event of `action`, which `actor` did to `case`."""
    event = last_event(action)
    assert event["subject"] == {"type": "cases.case", "id": str(case.pk)}
    assert event["actor"] == {
        "type": actor.kind, "id": str(actor.pk), "name": actor.name, "address": actor.email, "roles": actor.roles,
    }  # fmt: skip
    return event["data"]


def test_taking_says_until_when_and_whose_it_was(case: Case, analyst: User, colleague: User) -> None:
    with clock.at(factories.NOON):
        services.item_take(actor=analyst, item=case)
    until = (factories.NOON + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert said("case.take", case, analyst) == {"until": until, "assignee_before": None}
    with clock.at(factories.NOON + timedelta(minutes=31)):
        services.item_take(actor=colleague, item=case)
    assert said("case.take", case, colleague)["assignee_before"] == str(analyst.pk)
    assert last_event("case.take")["history"] == [
        {"type": "cases.historicalcase", "id": str(case.history.order_by("history_id").last().pk)}
    ]


def test_releasing_says_who_and_nothing_else(case: Case, analyst: User) -> None:
    services.item_take(actor=analyst, item=case)
    services.item_release(actor=analyst, item=case)
    assert said("case.release", case, analyst) == {}
    assert case.history.order_by("history_id").last().history_change_reason == "Released"


def test_assigning_says_from_whom_to_whom_and_why(case: Case, lead: User, analyst: User, colleague: User) -> None:
    services.item_assign(actor=lead, item=case, to=analyst, reason="Knows the customer.")
    assert said("case.assign", case, lead) == {
        "to": str(analyst.pk), "from": None, "reason_digest": reason_digest(case, "Knows the customer."),
    }  # fmt: skip
    services.item_assign(actor=lead, item=case, to=colleague, reason=" Ana is on leave. ")
    assert said("case.assign", case, lead) == {
        "to": str(colleague.pk), "from": str(analyst.pk), "reason_digest": reason_digest(case, "Ana is on leave."),
    }  # fmt: skip
    assert case.history.order_by("history_id").last().history_change_reason == "Assigned: Ana is on leave."
    assert len(event_bodies("case.assign")) == 2


def test_a_note_is_named_by_its_key_and_digest(case: Case, analyst: User) -> None:
    note = services.note_add(actor=analyst, item=case, text="Called the branch.")
    assert said("note.add", case, analyst) == {"note": str(note.pk), "digest": note.digest}


def test_closing_says_the_conclusion_the_approval_and_the_labels(
    two_cases: list[Case], case: Case, analyst: User, lead: User
) -> None:
    services.item_take(actor=analyst, item=case)
    request = closing_request(analyst, case)
    with clock.at(clock.now()):
        decide(lead, request)
        closed = Case.objects.get(pk=case.pk)
        assert closed.closed_at == clock.now()
    transactions = sorted(case.case_alerts.values_list("alert__transaction_id", flat=True))
    data = said("case.close", case, analyst)
    assert data == {
        "disposition": CONCLUSION["disposition"], "reason_code": CONCLUSION["reason_code"],
        "rationale_digest": rationale_digest(case, CONCLUSION["rationale"]), "approval": str(request.pk),
        "labels": {"is_suspicious": True, "transactions": [str(pk) for pk in transactions]},
    }  # fmt: skip
    assert Case.objects.get(pk=two_cases[0].pk).status == CaseStatus.NEW


def test_opening_says_what_and_adding_says_which_alerts(queue: Queue) -> None:
    first, second = cases_in(queue, 2)
    event = event_bodies("case.open")[-1]
    assert event["subject"]["id"] == str(second.pk)
    assert event["data"] == {
        "reference": second.reference, "account": str(second.account_id), "typology": "large_amount",
        "queue": str(queue.pk), "customer": None, "predecessor": None,
    }  # fmt: skip
    assert [row["type"] for row in event["history"]] == ["cases.historicalcase", "cases.historicalcasesubject"]
    before = Event.objects.count()
    more_alerts(first, 2)
    event = last_event("case.alert_add")
    added = first.case_alerts.order_by("-alert_id").values_list("alert_id", flat=True)[:2]
    assert event["data"] == {"alerts": [str(pk) for pk in sorted(added)]}
    assert [row["type"] for row in event["history"]] == ["cases.historicalcase"]
    assert [row["type"] for row in last_event("incident.alert_add")["history"]] == ["cases.historicalincident"]
    assert Event.objects.count() == before + 2


def test_a_queue_says_what_it_is_and_what_of_it_changed(queue: Queue, admin: User) -> None:
    other = services.queue_create(
        actor=admin, slug="fraud-1", name="Fraud", typologies=[Typology.DORMANT], lease_minutes=45
    )
    event = last_event("queue.create")
    assert event["subject"] == {"type": "cases.queue", "id": str(other.pk)}
    assert event["data"] == {
        "slug": "fraud-1", "name": "Fraud", "description": "", "typologies": [Typology.DORMANT], "is_default": False,
        "lease_minutes": 45, "alerts_a_day": other.alerts_a_day, "unit": str(ROOT_ID), "viewers": ["auditor"],
    }  # fmt: skip
    services.queue_change(actor=admin, queue=other, name="Fraud and more", lease_minutes=45)
    assert last_event("queue.change")["changes"] == {"name": ["Fraud", "Fraud and more"]}
    assert Queue.objects.get(pk=queue.pk).name == "AML level 1"


@pytest.mark.parametrize("to_group", [False, True])
def test_a_grant_says_what_whom_and_on_which_queue(queue: Queue, analyst: User, admin: User, to_group: bool) -> None:
    principal = Group.objects.get(name="analyst") if to_group else analyst
    other = factories.queue()
    services.queue_grant(actor=admin, queue=other, principal=principal, action="lead")
    data = {
        "grant": "lead", "principal_type": "group" if to_group else "user", "principal": str(principal.pk),
        "name": str(principal),
    }  # fmt: skip
    for action, change in (("queue.grant", None), ("queue.revoke", services.queue_revoke)):
        if change is not None:
            change(actor=admin, queue=other, principal=principal, action="lead")
        event = last_event(action)
        assert (event["data"], event["subject"]) == (data, {"type": "cases.queue", "id": str(other.pk)})


def test_an_assignment_lasts_a_day(case: Case, lead: User, analyst: User) -> None:
    assert ASSIGNED_MINUTES == 1_440
    with clock.at(factories.NOON):
        services.item_assign(actor=lead, item=case, to=analyst, reason="Knows the customer.")
    case.refresh_from_db()
    assert (case.lease.taken_at, case.lease.expires_at) == (factories.NOON, factories.NOON + timedelta(days=1))
