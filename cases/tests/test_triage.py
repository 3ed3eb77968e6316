"""What is done with incidents: gathered by whom they are about, waiting, moved, closed one by one and at once, sampled,
escalated, reopened."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.tests.factories import decide
from cases import selectors, services
from cases.forms import IncidentForm
from cases.models import Case, CaseAlert, Incident, Note, Queue, QueueEntry
from cases.policies import shipped
from cases.policies.programmes import programme_of, typology_labels
from cases.policies.selectors import work_policy_get
from cases.tests.factories import held_by, hold, in_force
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired, Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import event_bodies
from transactions.choices import LabelOrigin
from transactions.models import Account, Customer, Label

pytestmark = pytest.mark.django_db
WORDS: dict[str, Any] = {
    "disposition": "no_action",
    "reason_code": "known_pattern",
    "rationale": "Rent, as every month.",
}
CONFIRMED = {"disposition": "confirmed", "reason_code": "money_mule", "rationale": "In and out within minutes."}
REASON = "It needs more than a look."


@pytest.fixture
def incident(queue: Queue) -> Incident:
    return gathered(queue)


def gathered(queue: Queue, of: Account | None = None, **fields: Any) -> Incident:
    """An incident of one alert, as the product gathers it."""
    queue.is_default = True
    queue.save()
    alert = factories.alert(of=of, **fields)
    services.gather_alerts(alerts=[alert])
    return Incident.objects.get(case_alerts__alert=alert)


def test_alerts_of_two_accounts_of_one_customer_are_one_incident(queue: Queue) -> None:
    first, second = factories.account(), factories.account()
    (customer,) = held_by(first, "holder")
    hold(customer, second)
    one, two = gathered(queue, first), gathered(queue, second)
    assert one == two
    assert (two.customer, two.alert_count) == (customer, 2)
    assert list(CaseAlert.objects.order_by("pk").values_list("cause", flat=True)) == ["opened", "joined"]


def test_a_joint_account_is_its_own_subject(queue: Queue) -> None:
    account = factories.account()
    held_by(account, "holder", "joint_holder")
    assert gathered(queue, account).customer is None


def test_a_customer_of_another_unit_is_not_named(queue: Queue) -> None:
    account = factories.account()
    (customer,) = held_by(account, "holder")
    Customer.objects.filter(pk=customer.pk).update(unit=factories.unit())
    assert gathered(queue, account).customer is None


def test_by_policy_alerts_gather_across_typologies_and_days(queue: Queue) -> None:
    version = in_force("gathering", "gathering", by="account", across_typologies=True, gap_hours=100)
    account = factories.account()
    one = gathered(queue, account)
    two = gathered(queue, account, typology=Typology.DORMANT)
    assert one == two
    assert set(CaseAlert.objects.values_list("policy_version", flat=True)) == {version.pk}


def test_what_is_closed_takes_no_more_and_is_followed(incident: Incident, analyst: User, queue: Queue) -> None:
    services.incident_close(actor=analyst, item=incident, version=incident.version, **WORDS)
    after = gathered(queue, incident.account)
    assert (after.predecessor, after.status) == (incident, "new")
    assert CaseAlert.objects.get(incident=after).cause == "successor"
    assert list(selectors.open_incidents_about(analyst, incident)) == [after]


def test_what_is_about_nobody_known_has_no_others_on_its_subject(
    incident: Incident, analyst: User, queue: Queue
) -> None:
    other = gathered(queue, factories.account())
    Incident.objects.filter(pk__in=[incident.pk, other.pk]).update(account=None, customer=None)
    incident.refresh_from_db()
    assert list(selectors.open_incidents_about(analyst, incident)) == []
    assert list(selectors.open_cases_about(analyst, incident)) == []


def test_closing_labels_the_alerts_and_says_so(incident: Incident, analyst: User) -> None:
    closed = services.incident_close(actor=analyst, item=incident, version=incident.version, **CONFIRMED)
    assert (closed.status, closed.disposition) == ("closed", "confirmed")
    label = Label.objects.get(origin=LabelOrigin.CASE)
    assert (label.is_suspicious, label.typology) == (True, incident.typology)
    body = event_bodies("incident.close")[-1]["data"]
    assert body["labels"] == {"is_suspicious": True, "transactions": [str(label.transaction_id)]}
    assert QueueEntry.objects.get(incident=incident).left_cause == "closed"


def test_reopened_and_concluded_otherwise_the_label_is_corrected(incident: Incident, analyst: User, lead: User) -> None:
    services.incident_close(actor=analyst, item=incident, version=incident.version, **CONFIRMED)
    again = services.item_reopen(actor=lead, item=incident, reason="There is news.", version=None)
    assert (again.status, again.disposition, again.closed_at) == ("open", "", None)
    assert Label.objects.get().is_suspicious is True
    services.incident_close(actor=analyst, item=again, version=again.version, **WORDS)
    label = Label.objects.get()
    assert label.is_suspicious is False
    past = label.transaction.past_labels.get()
    assert (past.is_suspicious, past.origin, past.replaced_by) == (True, LabelOrigin.CASE, None)
    assert past.replaced_after == label.watermark


def test_what_is_reopened_is_drawn_anew(incident: Incident, analyst: User, lead: User) -> None:
    """The first closing told that it was not drawn: who closes it otherwise afterwards is not told that it is free."""
    services.incident_close(actor=analyst, item=incident, version=incident.version, **CONFIRMED)
    in_force("gathering", "gathering", sampled_percent=100)
    again = services.item_reopen(actor=lead, item=incident, reason="There is news.", version=None)
    with pytest.raises(ApprovalRequired):
        services.incident_close(actor=analyst, item=again, version=again.version, **WORDS)


def test_what_a_conclusion_means_is_what_its_approver_saw(
    incident: Incident, analyst: User, lead: User, admin: User
) -> None:
    """Nobody turns it round while it waits."""
    Incident.objects.filter(pk=incident.pk).update(is_sampled=True)
    with pytest.raises(ApprovalRequired):
        services.incident_close(actor=analyst, item=incident, version=incident.version, **CONFIRMED)
    request = ApprovalRequest.objects.get()
    content = copy.deepcopy(programme_of(incident.typology).content)
    for row in content["dispositions"]:
        row["meaning"] = "not_suspicious"
    slug = programme_of(incident.typology).slug
    services.work_policy_change(
        actor=admin, policy=work_policy_get(admin, slug), content=content, reason="It means nothing."
    )
    with pytest.raises(Conflict):
        decide(lead, request)
    incident.refresh_from_db()
    assert (ApprovalRequest.objects.get().state, incident.status) == ("void", "open")
    assert not Label.objects.exists()


def test_a_reason_of_another_conclusion_is_refused(incident: Incident, analyst: User) -> None:
    with pytest.raises(Invalid) as refusal:
        services.incident_close(
            actor=analyst, item=incident, version=incident.version, **{**WORDS, "reason_code": "money_mule"}
        )
    assert set(refusal.value.fields) == {"reason_code"}


def test_what_is_drawn_is_closed_by_two(incident: Incident, analyst: User, lead: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_sampled=True)
    with pytest.raises(ApprovalRequired):
        services.incident_close(actor=analyst, item=incident, version=incident.version, **WORDS)
    incident.refresh_from_db()
    assert incident.status == "awaiting_approval"
    with pytest.raises(NotAllowed):
        decide(analyst, ApprovalRequest.objects.get())
    decide(lead, ApprovalRequest.objects.get())
    incident.refresh_from_db()
    assert (incident.status, incident.disposition) == ("closed", "no_action")


def test_the_share_is_drawn_when_an_incident_opens(queue: Queue) -> None:
    in_force("gathering", "gathering", sampled_percent=100)
    assert gathered(queue).is_sampled
    assert not Incident.objects.filter(is_sampled=False).exists()


def test_escalated_it_opens_a_case_with_its_alerts(incident: Incident, analyst: User) -> None:
    case = services.incident_escalate(actor=analyst, item=incident, reason=REASON)
    incident.refresh_from_db()
    assert (incident.status, incident.case) == ("escalated", case)
    assert (case.alert_count, case.amounts, case.priority) == (1, incident.amounts, incident.priority)
    assert [row.account for row in case.subjects.all()] == [incident.account]
    assert CaseAlert.objects.get().case == case
    assert QueueEntry.objects.get(incident=incident).left_cause == "escalated"


def test_escalated_it_joins_a_case_that_is_worked(queue: Queue, analyst: User) -> None:
    account = factories.account()
    first, second = gathered(queue, account), gathered(queue, account, typology=Typology.DORMANT)
    case = services.incident_escalate(actor=analyst, item=first, reason=REASON)
    assert list(selectors.open_cases_about(analyst, second)) == [case]
    assert services.incident_escalate(actor=analyst, item=second, case=case, reason=REASON) == case
    case.refresh_from_db()
    assert (case.alert_count, case.incidents.count()) == (2, 2)


def test_a_case_that_is_closed_takes_no_incident(queue: Queue, analyst: User, incident: Incident) -> None:
    case = factories.case(
        of=incident.account, inside=queue, status="closed", closed_at=factories.NOON, disposition="no_action",
        reason_code="known_pattern",
    )  # fmt: skip
    with pytest.raises(InvalidTransition):
        services.incident_escalate(actor=analyst, item=incident, case=case, reason=REASON)


def test_alerts_of_an_escalated_episode_go_to_its_case(queue: Queue, analyst: User, incident: Incident) -> None:
    case = services.incident_escalate(actor=analyst, item=incident, reason=REASON)
    assert gathered(queue, incident.account) == incident
    case.refresh_from_db()
    assert case.alert_count == 2
    assert set(CaseAlert.objects.values_list("case", flat=True)) == {case.pk}


@pytest.mark.parametrize(
    ("condition", "escalates"),
    [
        ({}, True), ({"typologies": ["structuring"]}, False), ({"severity": "block"}, False),
        ({"alerts_min": 1}, True), ({"amount_min": "12500.00", "currency": "USD"}, True),
        ({"amount_min": "12500.01", "currency": "USD"}, False),
    ],
)  # fmt: skip
def test_the_policy_escalates_by_itself(queue: Queue, condition: dict[str, Any], escalates: bool) -> None:
    in_force("gathering", "gathering", escalate=[condition])
    incident = gathered(queue)
    assert (incident.status == "escalated", Case.objects.count()) == (escalates, int(escalates))


def test_whoever_takes_what_waits_goes_on_with_it(incident: Incident, analyst: User, lead: User) -> None:
    taken = services.item_take(actor=analyst, item=incident)
    services.item_wait(
        actor=analyst,
        item=taken,
        waiting_for="the branch",
        until=clock.now() + timedelta(days=2),
        version=taken.version,
    )
    assert services.item_take(actor=lead, item=incident).status == "open"
    with pytest.raises(Conflict):
        services.item_take(actor=analyst, item=incident)


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_nobody_waits_for_the_past_or_for_years(incident: Incident, analyst: User, days: int) -> None:
    taken = services.item_take(actor=analyst, item=incident)
    with pytest.raises(Invalid) as refusal:
        services.item_wait(
            actor=analyst, item=taken, waiting_for="the branch", until=clock.now() + timedelta(days=days),
            version=taken.version,
        )  # fmt: skip
    assert set(refusal.value.fields) == {"until"}


def test_moved_it_lies_in_the_other_queue(incident: Incident, analyst: User, queue: Queue) -> None:
    other = factories.queue()
    with pytest.raises(NotFound):
        services.item_move(actor=analyst, item=incident, queue=other, reason="Theirs.")
    factories.grant(analyst, "view", other)
    services.item_move(actor=analyst, item=incident, queue=other, reason="Theirs.")
    entries = QueueEntry.objects.filter(incident=incident).order_by("pk")
    assert list(entries.values_list("queue", "cause", "left_cause")) == [
        (queue.pk, "routed", "moved"), (other.pk, "moved", ""),
    ]  # fmt: skip


def test_a_queue_of_another_entity_takes_nothing(incident: Incident, superuser: User) -> None:
    with pytest.raises(Invalid):
        services.item_move(
            actor=superuser, item=incident, queue=factories.queue(unit=factories.unit()), reason="Theirs."
        )


def test_what_somebody_saw_becomes_an_incident(queue: Queue, analyst: User) -> None:
    account = factories.account()
    factories.grant(analyst, "read_data", account.unit)
    incident = services.incident_open(
        actor=analyst, queue=queue, typology="structuring", title="Cash at the counter",
        text="Seven deposits below the limit in one week.", account=account,
    )  # fmt: skip
    assert (incident.origin, incident.status, incident.unit) == ("person", "new", account.unit)
    assert Note.objects.get(incident=incident).text.startswith("Seven deposits")
    assert [body["subject"]["type"] for body in event_bodies("note.add")] == ["cases.incident"]
    closed = services.incident_close(actor=analyst, item=incident, version=incident.version, **WORDS)
    assert closed.status == "closed"


@pytest.fixture
def retired(db: None) -> str:
    """A typology that its programme uses for nothing new."""
    content = shipped.CONTENTS["programme", "aml"]
    code = str(content["typologies"][0]["code"])
    rows = [{**row, "active": row["code"] != code} for row in content["typologies"]]
    in_force("programme", "aml", typologies=rows)
    return code


def test_a_typology_that_is_not_in_use_is_neither_offered_nor_taken(retired: str, queue: Queue, analyst: User) -> None:
    form = IncidentForm(user=analyst, queues=selectors.queues_workable(analyst))
    offered = dict(form.fields["typology"].choices)  # type: ignore[attr-defined]
    assert retired not in offered
    assert set(offered) == {"", *typology_labels()} - {retired}
    with pytest.raises(Invalid) as refusal:
        services.incident_open(actor=analyst, queue=queue, typology=retired, title="Cash", text="Seven deposits.")
    assert refusal.value.fields == {"typology": [f"“{typology_labels()[retired]}” is not used for anything new."]}
    assert not Incident.objects.exists()


def test_what_has_a_typology_that_is_not_in_use_keeps_it_and_is_worked(
    retired: str, queue: Queue, analyst: User
) -> None:
    incident = gathered(queue, typology=retired)
    closed = services.incident_close(actor=analyst, item=incident, version=incident.version, **WORDS)
    assert (closed.typology, closed.status) == (retired, "closed")


def test_many_are_closed_at_once_and_the_rest_is_said(queue: Queue, analyst: User, lead: User) -> None:
    incidents = [gathered(queue) for _ in range(4)]
    services.item_take(actor=lead, item=incidents[1])
    Incident.objects.filter(pk=incidents[2].pk).update(is_sampled=True)
    references = [each.reference for each in incidents]
    preview = selectors.bulk_close_preview(analyst, queue, references)
    assert {each.reference for each in preview.closable} == {references[0], references[2], references[3]}
    assert [each.reference for each, _ in preview.skipped] == [references[1]]
    result = services.incidents_close(actor=analyst, items=incidents, **WORDS)
    assert [each.reference for each in result.closed] == [references[0], references[3]]
    assert [reference for reference, _ in result.skipped] == [references[1]]
    assert [reference for reference, _ in result.approvals] == [references[2]]
    assert set(Incident.objects.values_list("status", flat=True)) == {"closed", "open", "awaiting_approval"}


def test_who_may_not_work_the_queue_closes_nothing(incident: Incident, auditor: User, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        services.incident_close(actor=auditor, item=incident, version=incident.version, **WORDS)
    with pytest.raises(NotFound):
        services.incident_close(actor=stranger, item=incident, version=incident.version, **WORDS)


CONCLUDED: dict[str, Any] = {
    "status": "closed", "closed_at": factories.NOON, "disposition": "no_action", "reason_code": "known_pattern",
}  # fmt: skip


@pytest.mark.parametrize("fields", [{"status": "awaiting_approval"}, CONCLUDED])
def test_escalated_anew_by_hand_it_follows_the_case_that_takes_no_more(
    queue: Queue, analyst: User, incident: Incident, fields: dict[str, Any]
) -> None:
    same: dict[str, Any] = {"of": incident.account, "inside": queue, "typology": incident.typology}
    factories.case(**same, **CONCLUDED)
    latest = factories.case(**same, **fields)
    factories.case(**{**same, "typology": Typology.DORMANT}, **CONCLUDED)
    factories.case(inside=queue, **CONCLUDED)
    factories.case(**{**same, "inside": factories.queue()}, **CONCLUDED)
    case = services.incident_escalate(actor=analyst, item=incident, reason=REASON)
    assert (case.predecessor, latest.status) == (latest, fields["status"])
    latest.refresh_from_db()
    assert latest.incidents.count() == 0


def test_escalated_anew_by_hand_it_follows_no_case_of_another_unit(
    queue: Queue, analyst: User, incident: Incident
) -> None:
    old = factories.case(of=incident.account, inside=queue, typology=incident.typology, **CONCLUDED)
    Case.objects.filter(pk=old.pk).update(unit=factories.unit())
    assert services.incident_escalate(actor=analyst, item=incident, reason=REASON).predecessor is None


def test_by_policy_a_closed_case_is_followed_and_stays_closed(queue: Queue, incident: Incident) -> None:
    old = factories.case(of=incident.account, inside=queue, typology=Typology.DORMANT, **CONCLUDED)
    assert incident.account is not None
    in_force("gathering", "gathering", escalate=[{}])
    after = gathered(queue, incident.account, typology=Typology.DORMANT)
    assert (after.status, after.case and after.case.predecessor) == ("escalated", old)
    old.refresh_from_db()
    assert (old.status, old.alert_count) == ("closed", 0)
