"""Grouping of alerts, where there are two of everything: which incident and case each joins, and what both then hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.tests.factories import closing_request
from cases.choices import CaseStatus
from cases.models import Case, CaseAlert, Incident, Queue
from cases.services import item_take
from cases.services.item_priority import prioritise
from detection.choices import Outcome, Typology
from detection.models import Alert
from finobs.accounts.models import User
from finobs.core import clock
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated
from tests.support.ledger_events import event_bodies
from tests.support.locks import locked_models
from transactions.models import Account, Transaction

NOON = factories.NOON
DAY = timedelta(days=1)
CLOSED = {"status": CaseStatus.CLOSED, "disposition": "confirmed", "reason_code": "money_mule", "closed_at": NOON}


@pytest.fixture
def queues(queue: Queue) -> tuple[Queue, Queue]:
    """One for dormant accounts, made before the one for large amounts."""
    first = factories.queue("fraud-1", typologies=[Typology.DORMANT])
    queue.typologies = [Typology.LARGE_AMOUNT]
    queue.save()
    return first, queue


@pytest.fixture
def account(queues: tuple[Queue, Queue]) -> Account:
    """An account with a case, made after another account with one."""
    for _ in range(2):
        account = factories.account()
        escalated(alerts=[alert(account)])
    return account


def alert(account: Account, at: datetime = NOON, **fields: Any) -> Alert:
    made = factories.alert(of=account, **fields)
    Transaction.objects.filter(pk=made.transaction.pk).update(occurred_at=at)
    return made


def case_of(account: Account, typology: str = Typology.LARGE_AMOUNT) -> Case:
    return Case.objects.exclude(status=CaseStatus.CLOSED).get(account=account, typology=typology)


def bursts(account: Account) -> list[tuple[datetime, datetime, int]]:
    rows = Incident.objects.filter(case__account=account).order_by("first_at")
    return list(rows.values_list("first_at", "last_at", "alert_count"))


def test_each_typology_goes_to_the_queue_that_takes_it(queues: tuple[Queue, Queue]) -> None:
    account = factories.account()
    escalated(alerts=[alert(account), alert(account, typology=Typology.DORMANT)])
    assert (case_of(account, Typology.DORMANT).queue, case_of(account).queue) == queues
    assert not Queue.objects.filter(is_default=True).exists()


def test_only_what_no_queue_takes_goes_to_the_default_queue(queues: tuple[Queue, Queue]) -> None:
    account = factories.account()
    escalated(alerts=[alert(account), alert(account, typology=Typology.STRUCTURING)])
    assert case_of(account).queue == queues[1]
    assert case_of(account, Typology.STRUCTURING).queue == Queue.objects.get(is_default=True)


def test_an_alert_joins_the_case_of_its_own_account_and_typology(account: Account) -> None:
    escalated(alerts=[alert(account, typology=Typology.DORMANT)])
    dormant, large = case_of(account, Typology.DORMANT), case_of(account)
    joining = [alert(account), alert(account, typology=Typology.DORMANT)]
    escalated(alerts=joining)
    assert [CaseAlert.objects.get(alert=each).case for each in joining] == [large, dormant]
    counts = Case.objects.order_by("pk").values_list("alert_count", "version")
    assert list(counts) == [(1, 1), (2, 2), (2, 2)]


def test_alerts_of_two_accounts_crossed_with_typologies_touch_only_their_own_cases(account: Account) -> None:
    other = factories.account()
    escalated(alerts=[alert(other, typology=Typology.DORMANT)])
    untouched = case_of(account)
    before = (untouched.version, untouched.alert_count)
    escalated(alerts=[alert(account, typology=Typology.DORMANT), alert(other)])
    untouched.refresh_from_db()
    assert (untouched.version, untouched.alert_count) == before
    assert untouched.history.count() == 1


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (24, [(NOON, NOON + DAY, 2)]),
        (-24, [(NOON - DAY, NOON, 2)]),
        (12, [(NOON, NOON + DAY / 2, 2)]),
    ],
)
def test_an_alert_within_a_day_of_a_burst_joins_it(account: Account, hours: int, expected: list[Any]) -> None:
    escalated(alerts=[alert(account, NOON + timedelta(hours=hours))])
    assert bursts(account) == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_an_alert_more_than_a_day_from_a_burst_begins_another(account: Account, sign: int) -> None:
    at = NOON + sign * (DAY + timedelta(microseconds=1))
    escalated(alerts=[alert(account, at)])
    assert bursts(account) == sorted([(NOON, NOON, 1), (at, at, 1)])
    assert case_of(account).alert_count == 2


def test_alerts_of_one_batch_form_bursts_in_the_order_of_their_time(queues: tuple[Queue, Queue]) -> None:
    account = factories.account()
    moments = [NOON + 5 * DAY, NOON, NOON + DAY, NOON + 4 * DAY, NOON + 2 * DAY]
    escalated(alerts=[alert(account, at) for at in moments])
    assert bursts(account) == [(NOON, NOON + 2 * DAY, 3), (NOON + 4 * DAY, NOON + 5 * DAY, 2)]
    assert event_bodies("case.alert_add")[-1]["subject"]["id"] == str(case_of(account).pk)


def test_an_alert_between_two_bursts_joins_the_older(account: Account) -> None:
    escalated(alerts=[alert(account, NOON + 2 * DAY)])
    escalated(alerts=[alert(account, NOON + DAY)])
    assert bursts(account) == [(NOON, NOON + DAY, 2), (NOON + 2 * DAY, NOON + 2 * DAY, 1)]


def test_a_burst_of_another_typology_is_no_burst_for_this_one(account: Account) -> None:
    escalated(alerts=[alert(account, typology=Typology.DORMANT)])
    dormant = case_of(account, Typology.DORMANT)
    assert dormant.incidents.get().alert_count == 1
    assert case_of(account).incidents.get().alert_count == 1


def test_an_incident_of_a_closed_case_is_left_and_a_new_one_opens(account: Account) -> None:
    closed = case_of(account)
    Case.objects.filter(pk=closed.pk).update(**CLOSED)
    escalated(alerts=[alert(account)])
    successor = case_of(account)
    assert successor.pk != closed.pk
    assert [incident.alert_count for incident in (closed.incidents.get(), successor.incidents.get())] == [1, 1]
    assert Case.objects.get(pk=closed.pk).alert_count == 1


def test_an_incident_that_grew_is_saved_with_its_history(account: Account) -> None:
    with clock.at(NOON + 3 * DAY):
        escalated(alerts=[alert(account, NOON + DAY)])
    incident = case_of(account).incidents.get()
    assert (incident.updated_at, incident.history.count()) == (NOON + 3 * DAY, 3)
    latest = incident.history.order_by("history_id").last()
    assert (latest.alert_count, latest.last_at, latest.history_change_reason) == (2, NOON + DAY, "Alerts added")


def test_what_a_case_adds_up_is_saved(account: Account) -> None:
    first = case_of(account)
    with clock.at(NOON + DAY):
        escalated(alerts=[
            alert(account, outcome=Outcome.BLOCK, score=0.9,
                  parameters={"models": [{"role": "supervised", "score": 0.9, "threshold": 0.5}]}),
            alert(account),
        ])  # fmt: skip
    case = case_of(account)
    assert (case.alert_count, case.block_count, case.version) == (3, 1, first.version + 1)
    assert (case.amounts, case.updated_at) == ({"USD": "3750000"}, NOON + DAY)
    assert case.priority > first.priority
    assert case.priority == sum(case.priority_parts.values())
    assert case.priority_parts["severity"] > first.priority_parts["severity"]
    latest = case.history.order_by("history_id").last()
    assert (latest.priority, latest.alert_count) == (case.priority, 3)


def test_amounts_are_added_up_by_currency_whatever_their_sign(account: Account) -> None:
    for amount, currency in ((-500, "EUR"), (700, "EUR")):
        made = alert(account)
        Transaction.objects.filter(pk=made.transaction.pk).update(amount_minor=amount, currency=currency)
        escalated(alerts=[made])
    assert case_of(account).amounts == {"USD": "1250000", "EUR": "1200"}


def test_a_case_keeps_the_highest_urgency_of_its_alerts(queues: tuple[Queue, Queue]) -> None:
    account = factories.account()
    assert case_urgency(account, None) is None
    assert case_urgency(account, 0.6) == pytest.approx(0.6)
    assert case_urgency(account, 0.9) == pytest.approx(0.9)
    assert case_urgency(account, 0.7) == pytest.approx(0.9)
    assert case_urgency(account, None) == pytest.approx(0.9)


def case_urgency(account: Account, score: float | None) -> float | None:
    asked = {"models": [{"role": "supervised", "score": score, "threshold": 0.5}]} if score else {"models": []}
    escalated(alerts=[alert(account, score=score, parameters=asked)])
    return case_of(account).urgency


def test_a_new_case_holds_what_opened_it(queues: tuple[Queue, Queue]) -> None:
    account = factories.account()
    with clock.at(NOON):
        escalated(alerts=[alert(account)])
    case = case_of(account)
    assert (case.opened_at, case.created_at, case.updated_at, case.version) == (NOON, NOON, NOON, 1)
    assert (case.reference, case.status) == (f"C-2026-{case.pk:06d}", CaseStatus.NEW)
    incident = case.incidents.get()
    assert (incident.reference, incident.created_at, incident.updated_at) == (f"I-2026-{incident.pk:06d}", NOON, NOON)
    assert CaseAlert.objects.get(case=case).grouped_at == NOON
    history = case.history.get()
    assert (history.history_change_reason, history.history_user.kind, history.alert_count) == ("Opened", "system", 1)


def test_nothing_is_added_to_a_case_that_awaits_approval(account: Account, analyst: User, lead: User) -> None:
    first, second = Case.objects.order_by("pk")
    requests = []
    for case in (first, second):
        item_take(actor=analyst, item=case)
        requests.append(closing_request(analyst, case))
    assert second.account is not None
    escalated(alerts=[alert(second.account)])
    assert {ApprovalRequest.objects.get(pk=each.pk).state for each in requests} == {"pending"}
    assert {Case.objects.get(pk=case.pk).status for case in (first, second)} == {"awaiting_approval"}
    assert Case.objects.get(predecessor=second).alert_count == 1


def test_an_alert_that_lies_in_a_case_already_is_left_there(account: Account) -> None:
    known, new = CaseAlert.objects.get(case=case_of(account)).alert, alert(account)
    before = Event.objects.count()
    escalated(alerts=[known, new])
    assert case_of(account).alert_count == 2
    assert event_bodies("case.alert_add")[-1]["data"] == {"alerts": [str(new.pk)]}
    # Of the incident, and of the case that it was escalated to.
    assert Event.objects.count() == before + 2
    escalated(alerts=[known, new])
    assert Event.objects.count() == before + 2


def test_accounts_are_locked_before_their_cases(account: Account) -> None:
    with locked_models() as labels:
        escalated(alerts=[alert(account)])
    assert labels[:3] == ["transactions.account", "cases.incident", "cases.case"]


def test_a_priority_that_stays_the_same_is_not_written_again(account: Account) -> None:
    case = case_of(account)
    assert not prioritise(case, case.opened_at)
    case.block_count = 1
    assert prioritise(case, case.opened_at)
    assert case.priority == sum(case.priority_parts.values())
