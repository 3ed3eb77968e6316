"""Alerts become incidents and cases: one open case for each account and typology."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.choices import CaseStatus, Disposition, ReasonCode
from cases.models import Case, CaseAlert, Incident, Queue
from cases.services import ensure_default_queue, priorities_refresh
from cases.tasks import priorities_refresh as priorities_refresh_task
from detection.choices import Outcome, Typology
from detection.models import Alert
from finobs.core import clock
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated
from transactions.models import Transaction


def alerts_on(account: Any, count: int, **fields: Any) -> list[Alert]:
    """Many alerts on one account, made in bulk, an hour apart."""
    first = factories.transaction(of=account)
    version = fields.pop("version", None) or factories.rule_version()
    number = Transaction.objects.count()
    moved = Transaction.objects.bulk_create(
        Transaction(
            source=first.source, external_id=f"bulk-{account.pk}-{number}-{step}", batch=first.batch, position=step,
            account=account, occurred_at=factories.NOON + timedelta(hours=step), received_at=factories.NOON,
            amount_minor=1_000_000, currency="USD", digest=b"0" * 32,
        )
        for step in range(count)
    )  # fmt: skip
    defaults = {"typology": Typology.LARGE_AMOUNT, "outcome": Outcome.REVIEW, "score": 0.5} | fields
    return Alert.objects.bulk_create(
        Alert(
            transaction=one, account=account, rule_version=version, parameters={"rules": [], "models": []}, snapshot={},
            snapshot_digest="0" * 64, **defaults,
        )
        for one in moved
    )  # fmt: skip


def close(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.CLOSED,
        disposition=Disposition.CONFIRMED,
        reason_code=ReasonCode.MONEY_MULE,
        closed_at=clock.now(),
    )


@pytest.fixture
def routed(queue: Queue) -> Queue:
    queue.typologies = [Typology.LARGE_AMOUNT]
    queue.save()
    return queue


def asked(threshold: float, score: float, role: str = "anomaly") -> dict[str, Any]:
    return {"rules": [], "models": [{"role": role, "threshold": repr(threshold), "score": repr(score)}]}


def test_an_alert_opens_an_incident_and_a_case_in_the_queue_of_its_typology(routed: Queue) -> None:
    alert = factories.alert(score=0.75, parameters=asked(0.5, 0.75))
    escalated(alerts=[alert])
    case = Case.objects.get()
    assert (case.queue, case.account, case.typology, case.status) == (
        routed,
        alert.account,
        alert.typology,
        CaseStatus.NEW,
    )
    assert (case.alert_count, case.urgency, case.amounts) == (1, 0.25, {"USD": "1250000"})
    assert case.reference == f"C-{clock.now():%Y}-{case.pk:06d}"
    assert CaseAlert.objects.get(alert=alert).incident == Incident.objects.get(case=case)
    assert case.priority == sum(case.priority_parts.values()) > 0


def test_a_grouping_is_recorded_by_finobs_itself(routed: Queue) -> None:
    escalated(alerts=[factories.alert()])
    events = Event.objects.exclude(action="queue.create").order_by("pk")
    assert [(event.action, event.actor_type) for event in events] == [
        ("incident.open", "system"),
        ("incident.alert_add", "system"),
        ("case.open", "system"),
        ("incident.escalate", "system"),
        ("case.alert_add", "system"),
    ]
    assert Case.objects.get().history.get().history_type == "+"


def test_later_alerts_of_account_and_typology_join_the_open_case(routed: Queue) -> None:
    first = factories.alert(score=0.2, parameters=asked(0.1, 0.2))
    escalated(alerts=[first])
    escalated(alerts=[factories.alert(of=first.account, score=0.9, parameters=asked(0.5, 0.9, "supervised"))])
    case = Case.objects.get()
    assert (case.alert_count, case.urgency, case.version) == (2, 0.9, 2)
    assert case.history.count() == 2


def test_another_account_or_typology_is_another_case(routed: Queue) -> None:
    first = factories.alert()
    escalated(alerts=[first, factories.alert(), factories.alert(of=first.account, typology=Typology.DORMANT)])
    assert Case.objects.count() == 3


def test_a_closed_case_stays_closed_and_a_new_one_opens(routed: Queue) -> None:
    first = factories.alert()
    escalated(alerts=[first])
    close(Case.objects.get())
    escalated(alerts=[factories.alert(of=first.account)])
    assert list(Case.objects.order_by("pk").values_list("status", flat=True)) == [CaseStatus.CLOSED, CaseStatus.NEW]


def test_alerts_within_a_day_are_one_incident_and_later_ones_another(routed: Queue) -> None:
    account = factories.account()
    alerts = alerts_on(account, 60)
    escalated(alerts=[alerts[0], alerts[23], alerts[46]])
    assert Incident.objects.count() == 1
    later = alerts_on(account, 1)[0]
    Transaction.objects.filter(pk=later.transaction.pk).update(occurred_at=factories.NOON + timedelta(hours=71))
    escalated(alerts=[later])
    assert list(Incident.objects.order_by("pk").values_list("alert_count", flat=True)) == [3, 1]
    escalated(alerts=[alerts[50]])
    assert list(Incident.objects.order_by("pk").values_list("alert_count", flat=True)) == [4, 1]
    assert Case.objects.get().alert_count == 5


def test_an_alert_is_gathered_once(routed: Queue) -> None:
    alert = factories.alert()
    escalated(alerts=[alert])
    escalated(alerts=[alert])
    assert (CaseAlert.objects.count(), Case.objects.get().alert_count) == (1, 1)


def test_what_no_queue_takes_goes_to_the_default_queue_which_is_made_when_missing(db: None) -> None:
    escalated(alerts=[factories.alert()])
    assert Case.objects.get().queue == ensure_default_queue() == Queue.objects.get(is_default=True)
    assert Event.objects.filter(action="queue.create").count() == 1


def test_nothing_to_gather_is_nothing(db: None) -> None:
    escalated(alerts=[])
    assert not Case.objects.exists()


def test_a_block_outweighs_a_review(routed: Queue) -> None:
    escalated(alerts=[factories.alert()])
    mild = Case.objects.order_by("pk").first()
    account = factories.account()
    escalated(alerts=alerts_on(account, 1, outcome=Outcome.BLOCK, score=None))
    hard = Case.objects.get(account=account)
    assert mild is not None
    assert (mild.block_count, hard.block_count) == (0, 1)
    assert hard.priority_parts["severity"] > mild.priority_parts["severity"]


def test_queries_do_not_grow_with_alerts(routed: Queue) -> None:
    """Bulk inserts are cut into statements by SQLite's limit on parameters; nothing else may grow."""
    version = factories.rule_version()
    counts = []
    for size in (2, 12):
        alerts = [alert for _ in range(size) for alert in alerts_on(factories.account(), 1, version=version)]
        with CaptureQueriesContext(connection) as queries:
            escalated(alerts=alerts)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 2, counts


@pytest.mark.parametrize("accounts", [20, 500])
def test_five_hundred_alerts_open_one_case_for_each_account(routed: Queue, accounts: int) -> None:
    version, source = factories.rule_version(), factories.source()
    owners = [factories.account(of=source) for _ in range(accounts)]
    escalated(alerts=[alert for owner in owners for alert in alerts_on(owner, 500 // accounts, version=version)])
    assert (CaseAlert.objects.count(), Case.objects.count()) == (500, accounts)
    escalated(alerts=[alert for owner in owners[:20] for alert in alerts_on(owner, 25, version=version)])
    assert (CaseAlert.objects.count(), Case.objects.count()) == (1_000, accounts)


@pytest.mark.django_db(transaction=True)
def test_gathering_at_once_opens_exactly_one_case() -> None:
    queue = factories.queue(typologies=[Typology.LARGE_AMOUNT])
    account, other = factories.account(), factories.account()
    alerts = [alert for pair in zip(alerts_on(account, 12), alerts_on(other, 12), strict=True) for alert in pair]
    chunks = [alerts[start : start + 3] for start in range(0, 24, 3)]

    def work(chunk: list[Alert]) -> None:
        try:
            escalated(alerts=chunk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, chunks))
    assert Case.objects.filter(queue=queue).count() == 2
    assert [case.alert_count for case in Case.objects.all()] == [12, 12]
    assert CaseAlert.objects.count() == 24
    assert sum(Incident.objects.values_list("alert_count", flat=True)) == 24


def test_cases_age_without_making_forms_stale(routed: Queue) -> None:
    with clock.at(factories.NOON):
        escalated(alerts=[factories.alert()])
    before = Case.objects.get()
    with clock.at(factories.NOON + timedelta(days=14)):
        assert priorities_refresh() == 1
        assert priorities_refresh_task.delay().get() == 0
    after = Case.objects.get()
    assert after.priority > before.priority
    assert after.version == before.version
    assert after.history.count() == 2
