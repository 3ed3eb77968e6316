"""Whom a case is about: added, changed and removed by people, and by the incidents that join it."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.tests.factories import closing_request
from cases import selectors, services
from cases.approval_actions import approver_summary
from cases.customer_erasure import open_case_obstacles
from cases.models import Case, CaseSubject, Queue
from cases.services.escalation import escalate
from cases.services.text_digests import reason_digest
from cases.timeline import item_timeline
from finobs.accounts.models import OrgUnitGroupGrant, User
from finobs.accounts.system import system_actor
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.core.service import service
from tests import factories
from tests.support.clients import signed_in
from tests.support.ledger_events import last_event
from transactions.models import Account, Customer

WHY = "He was told to pay."


@pytest.fixture
def case(queue: Queue) -> Case:
    return factories.case(inside=queue, status="open")


@pytest.fixture
def account(db: None) -> Account:
    return factories.account("A-OTHER")


def customer_of(account: Account) -> Customer:
    return Customer.objects.create(
        source=account.source, external_id=f"C-{account.pk}", unit=account.unit, kind="person"
    )


def add(actor: User, case: Case, **fields: Any) -> CaseSubject:
    services.case_subject_add(actor=actor, case=case, **{"role": "victim", "reason": WHY, **fields})
    return case.subjects.latest("pk")


def test_a_subject_is_added_with_its_role_history_and_event(case: Case, account: Account, analyst: User) -> None:
    subject = add(analyst, case, account=account)
    assert (subject.account, subject.customer, subject.role) == (account, None, "victim")
    event = last_event("case.subject_add")
    assert event["subject"] == {"type": "cases.case", "id": str(case.pk)}
    assert event["data"] == {
        "customer": None,
        "account": str(account.pk),
        "role": "victim",
        "reason_digest": reason_digest(case, WHY),
    }
    assert {row["type"] for row in event["history"]} == {"cases.historicalcase", "cases.historicalcasesubject"}
    assert subject.history.get().history_user == analyst
    case.refresh_from_db()
    assert (case.version, case.last_edited_by) == (2, analyst)


def test_its_role_changes_and_says_what_it_was(case: Case, account: Account, analyst: User) -> None:
    subject = add(analyst, case, account=account)
    for _ in range(2):
        services.case_subject_change(actor=analyst, case=case, subject=subject, role="related", reason="Her son.")
    subject.refresh_from_db()
    case.refresh_from_db()
    assert (subject.role, subject.version, case.version) == ("related", 2, 3)
    data = last_event("case.subject_change")["data"]
    assert (data["role"], data["before"]) == ("related", "victim")


def test_removed_it_is_gone_and_its_history_says_by_whom(case: Case, account: Account, analyst: User) -> None:
    subject = add(analyst, case, account=account)
    services.case_subject_remove(actor=analyst, case=case, subject=subject, reason="Another of that name.")
    assert not case.subjects.exists()
    last = CaseSubject.history.latest("history_id")
    assert (last.history_type, last.history_user, last.account) == ("-", analyst, account)
    event = last_event("case.subject_remove")
    assert event["data"]["account"] == str(account.pk)
    assert {"type": "cases.historicalcasesubject", "id": str(last.history_id), "changes": {}} in event["history"]


def test_a_case_is_about_each_once(case: Case, account: Account, analyst: User) -> None:
    add(analyst, case, account=account)
    with pytest.raises(Invalid):
        add(analyst, case, account=account)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseSubject.objects.create(case=case, account=account)


@pytest.mark.parametrize(
    "fields", [{}, {"both": True}, {"account": True, "role": "culprit"}, {"account": True, "reason": ""}]
)
def test_what_names_nobody_or_no_role_is_refused(
    case: Case, account: Account, analyst: User, fields: dict[str, Any]
) -> None:
    party: dict[str, Any] = {"account": account} if fields.pop("account", False) else {}
    if fields.pop("both", False):
        party = {"account": account, "customer": customer_of(account)}
    with pytest.raises(Invalid):
        add(analyst, case, **party, **fields)


def test_only_who_works_the_queue_and_sees_the_party_adds_it(
    case: Case, analyst: User, auditor: User, stranger: User
) -> None:
    account = factories.account()
    with pytest.raises(NotAllowed):
        add(auditor, case, account=account)
    with pytest.raises(NotFound):
        add(stranger, case, account=account)
    OrgUnitGroupGrant.objects.all().delete()
    with pytest.raises(NotFound):
        add(analyst, case, account=account)
    assert not case.subjects.exists()


def test_a_case_that_is_closed_awaits_approval_or_is_held_by_another_keeps_its_subjects(
    case: Case, account: Account, analyst: User, lead: User
) -> None:
    subject = add(analyst, case, account=account)
    services.item_take(actor=lead, item=case)
    with pytest.raises(Conflict):
        services.case_subject_remove(actor=analyst, case=case, subject=subject, reason="Not so.")
    for status, more in (
        ("awaiting_approval", {}),
        ("closed", {"closed_at": factories.NOON, "disposition": "no_action", "reason_code": "known_pattern"}),
    ):
        Case.objects.filter(pk=case.pk).update(status=status, **more)
        with pytest.raises(InvalidTransition):
            services.case_subject_change(actor=lead, case=case, subject=subject, role="related", reason="Not so.")
    assert case.subjects.get().role == "victim"


def test_whom_its_incidents_are_about_stays(queue: Queue, analyst: User) -> None:
    Queue.objects.filter(pk=queue.pk).update(is_default=True)
    incident = factories.incident(inside=queue)
    case = services.incident_escalate(actor=analyst, item=incident, reason="It needs more.")
    own = case.subjects.get()
    with pytest.raises(Invalid):
        services.case_subject_remove(actor=analyst, case=case, subject=own, reason="Not so.")
    services.case_subject_change(actor=analyst, case=case, subject=own, role="victim", reason="She was robbed.")
    assert case.subjects.get().role == "victim"


def test_a_subject_of_another_case_is_not_found(case: Case, account: Account, queue: Queue, analyst: User) -> None:
    other = add(analyst, factories.case(inside=queue), account=account)
    with pytest.raises(NotFound):
        services.case_subject_remove(actor=analyst, case=case, subject=other, reason="Not so.")


def test_an_incident_that_joins_brings_its_subject_once(
    queue: Queue, case: Case, account: Account, analyst: User
) -> None:
    for _ in range(2):
        incident = factories.incident(of=account, inside=queue)
        services.incident_escalate(actor=analyst, item=incident, case=case, reason="The same mule.")
    subject = case.subjects.get()
    assert (subject.account, subject.role) == (account, "subject")
    assert last_event("case.subject_add")["data"] == {
        "customer": None, "account": str(account.pk), "role": "subject",
        "reason_digest": reason_digest(case, "The same mule."),
    }  # fmt: skip


def test_the_statements_of_joining_do_not_grow(queue: Queue) -> None:
    act, counts = service(lambda into: escalate(system_actor("test"), into, reason="By policy")), []
    act(into=[(factories.case(inside=queue), [factories.incident(inside=queue)])])
    # No more, or SQLite cuts an insert in two for its limit of parameters.
    for number in (2, 4):
        into = [
            (factories.case(inside=queue), [factories.incident(inside=queue) for _ in range(number)])
            for _ in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            act(into=into)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert CaseSubject.objects.count() == 1 + 4 + 16


def test_a_further_subject_is_found_wherever_the_first_is(
    case: Case, account: Account, queue: Queue, analyst: User
) -> None:
    customer = customer_of(factories.account())
    add(analyst, case, account=account)
    add(analyst, case, customer=customer, role="related")
    _, rows = selectors.customer_items(analyst, customer.pk, "case")
    assert list(rows) == [case]
    assert list(selectors.search(analyst, "A-OTHER")) == [case]
    incident = factories.incident(of=account, inside=queue)
    assert list(selectors.open_cases_about(analyst, incident)) == [case]
    assert list(selectors.open_incidents_about(analyst, case)) == [incident]
    assert case.reference in open_case_obstacles(customer, [])[0]
    assert case.reference in open_case_obstacles(customer_of(factories.account()), [account.pk])[0]
    Case.objects.filter(pk=case.pk).update(
        status="closed", closed_at=factories.NOON, disposition="no_action", reason_code="known_pattern"
    )
    assert open_case_obstacles(customer, []) == []


def test_approvers_read_whom_else_it_is_about(case: Case, account: Account, analyst: User) -> None:
    alone = closing_request(analyst, case).snapshot
    assert "subjects" not in alone
    from approvals.services import request_withdraw

    request_withdraw(actor=analyst, request=case_request())
    add(analyst, case, account=account)
    assert dict(approver_summary(closing_request(analyst, case).snapshot))["Also about"] == "account A-OTHER: victim"


def case_request() -> Any:
    from approvals.models import ApprovalRequest

    return ApprovalRequest.objects.get(state="pending")


def test_the_page_adds_changes_and_removes_by_dialogs(
    case: Case, account: Account, analyst: User, auditor: User
) -> None:
    browser, page = signed_in(analyst), f"/cases/{case.reference}/"
    assert 'id="dialog-subject_add"' in browser.get(page).content.decode()
    sent = {"account": "A-OTHER", "role": "victim", "reason": WHY, "version": case.version}
    assert browser.post(f"{page}subjects/add/", sent).status_code == 302
    subject = case.subjects.get()
    text = browser.get(page).content.decode()
    assert "A-OTHER</a>" in text
    change, remove = (f"{page}subjects/{subject.pk}/{verb}/" for verb in ("change", "remove"))
    assert 'id="dialog-subject_change"' in browser.get(change).content.decode()
    assert 'id="dialog-subject_remove"' in browser.get(remove).content.decode()
    assert browser.post(change, {"role": "related", "reason": "Her son.", "version": 2}).status_code == 302
    assert "Related" in browser.get(page).content.decode()
    assert browser.post(remove, {"reason": "Another one.", "version": 3}).status_code == 302
    assert not case.subjects.exists()
    assert browser.post(remove, {"reason": "Another one.", "version": 4}).status_code == 404
    assert "dialog-subject" not in signed_in(auditor).get(page).content.decode()


def test_a_party_that_is_not_there_is_said_beside_its_field(case: Case, analyst: User) -> None:
    sent = {"account": "A-NONE", "role": "victim", "reason": WHY, "version": case.version}
    response = signed_in(analyst).post(f"/cases/{case.reference}/subjects/add/", sent)
    assert response.status_code == 422
    assert "There is no account of this id or name." in response.content.decode()


def test_the_api_answers_with_the_subjects(case: Case, account: Account, analyst: User) -> None:
    subject = add(analyst, case, account=account)
    answer = signed_in(analyst).get(f"/api/v1/cases/{case.reference}").json()
    assert answer["subjects"] == [
        {"id": subject.pk, "role": "victim", "account": "A-OTHER", "account_id": account.pk, "customer": None,
         "customer_id": None}
    ]  # fmt: skip


def test_the_timeline_tells_who_became_a_subject_and_why(
    case: Case, account: Account, analyst: User, auditor: User
) -> None:
    viewer = factories.user("Vic Viewer", role="viewer")
    factories.grant(viewer, "view", case.queue)
    subject = add(analyst, case, account=account)
    services.case_subject_remove(actor=analyst, case=case, subject=subject, reason="Another one.")
    for reader, has_url in ((viewer, False), (auditor, True)):
        entries = [each for each in item_timeline(reader, case) if each.title.startswith("Subject")]
        assert [(each.title, each.text) for each in entries] == [
            ("Subject removed: Another one.", "Account A-OTHER: victim"),
            (f"Subject added: {WHY}", "Account A-OTHER: victim"),
        ]
        assert {bool(each.url) for each in entries} == {has_url}


def test_the_back_office_shows_them(case: Case, account: Account, superuser: User) -> None:
    CaseSubject.objects.create(case=case, account=account, role="beneficiary")
    text = signed_in(superuser).get(f"/admin/cases/case/{case.pk}/change/").content.decode()
    assert "account A-OTHER: beneficiary" in text


def test_incidents_that_had_joined_before_bring_their_subjects_too(queue: Queue, case: Case, account: Account) -> None:
    factories.incident_of(case, first_at=factories.NOON, last_at=factories.NOON + timedelta(hours=1))
    for _ in range(2):
        factories.incident(of=account, inside=queue, case=case, status="escalated")
    import_module("cases.migrations.0011_subjects_of_joined_incidents").fill(apps, None)
    assert [(each.account, each.role) for each in case.subjects.all()] == [(account, "subject")]
