"""The back office does what the pages do, by the same services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from approvals.choices import RequestState
from approvals.models import ApprovalPolicy, ApprovalRequest
from cases.choices import CaseStatus
from cases.models import Case, Incident, Queue
from cases.services import item_release, item_take
from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import selected, version_of


def staff(person: User) -> Client:
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def case(queue: Queue) -> Case:
    return factories.case(inside=queue)


def texts(answer: object) -> str:
    return " ".join(str(message) for message in answer.context["messages"])  # type: ignore[attr-defined]


def test_triage_and_approval_can_be_done_from_here(case: Case, analyst: User, lead: User) -> None:
    client, change = staff(analyst), reverse("admin:cases_case_change", args=[case.pk])
    listed = client.post(reverse("admin:cases_case_changelist"), {"action": "take", **selected(case)}, follow=True)
    assert "Taken: 1." in texts(listed)
    case.refresh_from_db()
    sent = {
        "note": "Known salary.",
        "conclusion": "false_positive/known_pattern",
        "why": "Salary every month.",
        "version": 2,
    }
    answered = client.post(change, sent, follow=True)
    assert "sent for approval" in texts(answered)
    case.refresh_from_db()
    assert (case.status, case.notes.get().author) == (CaseStatus.AWAITING_APPROVAL, analyst)

    request = ApprovalRequest.objects.get()
    decide = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    assert "known_pattern" in client.get(decide).content.decode()
    assert client.post(decide, {"vote": "approve", "expected_digest": request.digest, "version": 1}).status_code == 403
    staff(lead).post(decide, {"vote": "approve", "expected_digest": request.digest, "version": 1})
    case.refresh_from_db()
    request.refresh_from_db()
    assert (case.status, request.state) == (CaseStatus.CLOSED, RequestState.USED)


def test_a_stale_form_is_refused_with_what_was_typed_and_nothing_happens(case: Case, analyst: User) -> None:
    item_take(actor=analyst, item=case)
    sent = {
        "note": "",
        "conclusion": "false_positive/known_pattern",
        "why": "Salary every month.",
        "version": 1,
    }
    answered = staff(analyst).post(reverse("admin:cases_case_change", args=[case.pk]), sent)
    assert answered.status_code == 409
    assert "has changed since" in answered.text
    assert "Salary every month." in answered.text
    assert not ApprovalRequest.objects.exists()


def test_an_approval_of_what_changed_stays_void(case: Case, analyst: User, lead: User) -> None:
    item_take(actor=analyst, item=case)
    sent = {
        "note": "",
        "conclusion": "false_positive/known_pattern",
        "why": "Salary every month.",
        "version": 2,
    }
    staff(analyst).post(reverse("admin:cases_case_change", args=[case.pk]), sent)
    case.notes.create(author=analyst, text="Written around the service.")
    request = ApprovalRequest.objects.get()
    decide = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    answered = staff(lead).post(
        decide, {"vote": "approve", "expected_digest": request.digest, "version": 1}, follow=True
    )
    request.refresh_from_db()
    assert "changed after this was asked" in texts(answered)
    assert request.state == RequestState.VOID


def test_the_auditor_sees_and_cannot_write(case: Case, auditor: User, stranger: User) -> None:
    change = reverse("admin:cases_case_change", args=[case.pk])
    client = staff(auditor)
    page = client.get(change)
    assert page.status_code == 200
    assert 'name="note"' not in page.content.decode()
    assert client.post(change, {"note": "x", "version": 1}).status_code == 403
    listed = client.post(reverse("admin:cases_case_changelist"), {"action": "take", **selected(case)}, follow=True)
    assert "Taken" not in texts(listed)
    assert staff(stranger).get(change).status_code in (302, 403, 404)


def test_cases_of_other_queues_are_not_there(analyst: User, case: Case) -> None:
    other = factories.case()
    client = staff(analyst)
    listed = client.get(reverse("admin:cases_case_changelist")).content.decode()
    assert case.reference in listed
    assert other.reference not in listed
    assert client.get(reverse("admin:cases_case_change", args=[other.pk])).status_code in (302, 404)


@pytest.mark.parametrize(
    "name", ["cases_case", "cases_incident", "cases_queue", "approvals_approvalrequest", "approvals_approvalpolicy"]
)
def test_lists_and_history_open(superuser: User, case: Case, name: str) -> None:
    client = Client()
    client.force_login(superuser)
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    if name == "cases_case":
        assert client.get(reverse(f"admin:{name}_history", args=[case.pk])).status_code == 200


def test_queries_of_the_list_do_not_grow_with_its_rows(
    superuser: User, queue: Queue, django_assert_max_num_queries: object
) -> None:
    for _ in range(15):
        factories.case(inside=queue, assignee=superuser)
    client = Client()
    client.force_login(superuser)
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        client.get(reverse("admin:cases_case_changelist"))


def test_an_incident_is_noted_and_closed_on_its_form(queue: Queue, analyst: User) -> None:
    incident = factories.incident(inside=queue)
    change = reverse("admin:cases_incident_change", args=[incident.pk])
    client = staff(analyst)
    assert str(incident.unit) in client.get(change).text
    sent = {
        "note": "Known salary.", "conclusion": "false_positive/known_pattern", "why": "Salary every month.", "version": 1,
    }  # fmt: skip
    assert client.post(change, sent).status_code == 302
    incident.refresh_from_db()
    assert (incident.status, incident.disposition, incident.notes.get().text) == (
        "closed", "false_positive", "Known salary.",
    )  # fmt: skip
    assert 'name="note"' not in client.get(change).text


def run(client: Client, row: Case | Incident, action: str, **typed: str) -> str:
    address = reverse(f"admin:cases_{row.KIND}_changelist")
    return texts(client.post(address, {"action": action, **typed, **selected(row)}, follow=True))


@pytest.mark.parametrize("make", [factories.case, factories.incident])
def test_items_are_assigned_moved_put_aside_and_reopened_from_the_list(
    make: Any, queue: Queue, analyst: User, lead: User
) -> None:
    item, other, client = make(inside=queue), factories.queue(), staff(lead)
    factories.grant(lead, "lead", other)
    assert "may not work" in run(client, item, "assign", to="nobody@example.test", reason="Knows them.")
    assert run(client, item, "assign", to=analyst.email, reason="Knows them.") == "Assigned: 1."
    item_take(actor=lead, item=item_release(actor=analyst, item=item))
    item.refresh_from_db()
    assert "Say why" in run(client, item, "move", to=other.slug)
    assert "required" in run(client, item, "wait", reason="an answer")
    until = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert run(client, item, "wait", reason="an answer", until=until) == "Waiting: 1."
    item.refresh_from_db()
    assert (item.status, item.waiting_for) == ("waiting", "an answer")
    assert run(client, item, "move", to=other.slug, reason="It is theirs.") == "Moved: 1."
    type(item).objects.filter(pk=item.pk).update(
        status="closed", disposition="no_action", reason_code="known_pattern", closed_at=clock.now()
    )
    item.refresh_from_db()
    assert run(client, item, "reopen", reason="They wrote.") == "Reopened: 1."
    item.refresh_from_db()
    assert (item.status == "closed", item.queue) == (False, other)


def test_incidents_are_escalated_from_the_list(queue: Queue, analyst: User) -> None:
    queue.is_default = True
    queue.save()
    first, second = (factories.incident(inside=queue) for _ in range(2))
    assert run(staff(analyst), first, "escalate", reason="More than a look.") == "Escalated: 1."
    case = Case.objects.get()
    assert run(staff(analyst), second, "escalate", reason="The same.", to=case.reference) == "Escalated: 1."
    assert case.incidents.count() == 2


def test_an_administrator_makes_changes_and_grants_a_queue(admin: User, analyst: User) -> None:
    client = staff(admin)
    fields = {"slug": "fraud", "name": "Fraud", "typologies": ["leaked_card"], "lease_minutes": 15}
    client.post(reverse("admin:cases_queue_add"), fields)
    queue = Queue.objects.get(slug="fraud")
    assert access.allowed(factories.user("A", role="auditor"), "view", queue)
    client.post(
        reverse("admin:cases_queue_change", args=[queue.pk]),
        {**fields, "name": "Card fraud", "version": version_of(queue)},
    )
    queue.refresh_from_db()
    assert queue.name == "Card fraud"
    grants = reverse("admin:cases_queue_permissions_manage_user", args=[queue.pk, analyst.pk])
    client.post(grants, {"grants": ["work"], "version": version_of(queue)})
    assert access.allowed(analyst, "work", queue)
    actions = Event.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["queue.create", "queue.change", "queue.grant"]


def test_an_administrator_sets_a_policy(admin: User, analyst: User) -> None:
    client = staff(admin)
    client.post(
        reverse("admin:approvals_approvalpolicy_add"), {"action": "cases.close", "quorum": 2, "expires_after_hours": 24}
    )
    policy = ApprovalPolicy.objects.get()
    client.post(
        reverse("admin:approvals_approvalpolicy_change", args=[policy.pk]),
        {"quorum": 1, "expires_after_hours": 24, "version": version_of(policy)},
    )
    policy.refresh_from_db()
    assert policy.quorum == 1
    assert Event.objects.filter(action="policy.set").count() == 2


def test_roles_as_groups_may_hold_a_grant(admin: User, queue: Queue) -> None:
    group = Group.objects.get(name="compliance")
    staff(admin).post(
        reverse("admin:cases_queue_permissions_manage_group", args=[queue.pk, group.pk]),
        {"grants": ["lead"], "version": version_of(queue)},
    )
    assert access.allowed(factories.user("New", role="compliance"), "lead", queue)
