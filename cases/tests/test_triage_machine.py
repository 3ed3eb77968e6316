"""Gathering, triage, escalation, approval, closing and reopening in any order: no alert is lost, counted twice, or added
to what takes no more; and labels are what was concluded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from approvals.services import request_decide, request_withdraw
from cases import services
from cases.choices import CaseStatus, IncidentStatus
from cases.models import Case, CaseAlert, Incident, QueueEntry, WorkLease
from cases.workflow import WORKABLE
from detection.choices import Typology
from detection.models import Alert
from finobs.core import clock
from finobs.core.errors import FinobsError
from tests import factories
from transactions.choices import LabelOrigin
from transactions.models import Label

TYPOLOGIES = (Typology.LARGE_AMOUNT, Typology.STRUCTURING)
CONCLUSIONS = st.sampled_from(
    [
        {"disposition": "confirmed", "reason_code": "money_mule"},
        {"disposition": "false_positive", "reason_code": "data_error"},
        {"disposition": "no_action", "reason_code": "known_pattern"},
    ]
)
places = st.integers(min_value=0, max_value=1_000)


class Triage(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.time = factories.NOON
        # What was in an item when it stopped taking alerts.
        self.sealed: dict[tuple[str, int], set[int]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    @initialize(sampled=st.sampled_from([0, 0, 100]))
    def world(self, sampled: int) -> None:
        self.queue = factories.queue(typologies=list(TYPOLOGIES))
        self.analyst = factories.user("Ana", role="analyst")
        self.lead = factories.user("Leo", role="compliance")
        factories.grant(self.analyst, "work", self.queue)
        factories.grant(self.lead, "lead", self.queue)
        self.accounts = [factories.account() for _ in range(2)]
        self.sampled = sampled

    def act(self, act: Callable[[], Any]) -> None:
        """Run one act a minute later. Refusals are fine; faults are not."""
        self.time += timedelta(minutes=1)
        with clock.at(self.time):
            try:
                act()
            except FinobsError:
                return

    def one_of(self, model: type[Any], place: int, *statuses: str) -> Any:
        rows = list(model.objects.filter(status__in=statuses).order_by("pk"))
        return rows[place % len(rows)] if rows else None

    @rule(which=st.integers(0, 1), typology=st.sampled_from(TYPOLOGIES), hours=st.integers(0, 60))
    def alert(self, which: int, typology: str, hours: int) -> None:
        made = factories.alert(of=self.accounts[which], typology=typology)
        at = self.time - timedelta(hours=hours)
        type(made.transaction).objects.filter(pk=made.transaction_id).update(occurred_at=at)
        self.act(lambda: services.gather_alerts(alerts=[made]))
        if self.sampled:
            Incident.objects.update(is_sampled=True)

    @rule(place=places, words=CONCLUSIONS)
    def close_incident(self, place: int, words: dict[str, str]) -> None:
        item = self.one_of(Incident, place, *WORKABLE)
        if item is not None:
            self.act(
                lambda: services.incident_close(
                    actor=self.analyst, item=item, rationale="Looked at and understood.", version=item.version, **words
                )
            )

    @rule(place=places, other=places, joins=st.booleans())
    def escalate(self, place: int, other: int, joins: bool) -> None:
        item = self.one_of(Incident, place, *WORKABLE)
        case = self.one_of(Case, other, *CaseStatus.values) if joins else None
        if item is not None:
            self.act(
                lambda: services.incident_escalate(actor=self.analyst, item=item, case=case, reason="More than a look.")
            )

    @rule(place=places, kind=st.sampled_from([Incident, Case]))
    def take(self, place: int, kind: type[Any]) -> None:
        item = self.one_of(kind, place, *CaseStatus.values)
        if item is not None:
            self.act(lambda: services.item_take(actor=self.analyst, item=item))

    @rule(place=places, kind=st.sampled_from([Incident, Case]))
    def wait(self, place: int, kind: type[Any]) -> None:
        item, until = self.one_of(kind, place, "open"), self.time + timedelta(days=1)
        if item is not None:
            self.act(lambda: services.item_wait(actor=self.analyst, item=item, waiting_for="an answer", until=until))

    @rule(place=places, words=CONCLUSIONS)
    def propose(self, place: int, words: dict[str, str]) -> None:
        case = self.one_of(Case, place, "open", "waiting")
        if case is not None:
            self.act(
                lambda: services.case_close(
                    actor=self.analyst, item=case, rationale="Looked at and understood.", version=case.version, **words
                )
            )

    @rule(place=places, approves=st.booleans())
    def decide(self, place: int, approves: bool) -> None:
        pending = list(ApprovalRequest.objects.filter(state=RequestState.PENDING).order_by("pk"))
        if not pending:
            return
        request = pending[place % len(pending)]
        if approves:
            self.act(
                lambda: request_decide(
                    actor=self.lead, request=request, vote="approve", reason="", digest=request.digest
                )
            )
        else:
            self.act(lambda: request_withdraw(actor=self.analyst, request=request))

    @rule(place=places, kind=st.sampled_from([Incident, Case]))
    def reopen(self, place: int, kind: type[Any]) -> None:
        item = self.one_of(kind, place, "closed")
        if item is not None:
            self.act(lambda: services.item_reopen(actor=self.lead, item=item, reason="There is news of it."))

    @invariant()
    def every_alert_is_in_exactly_one_incident(self) -> None:
        gathered = CaseAlert.objects.values_list("alert_id", flat=True)
        assert sorted(gathered) == sorted(Alert.objects.values_list("pk", flat=True))
        for model in (Incident, Case):
            for item in model.objects.all():
                assert item.alert_count == item.case_alerts.count(), item

    @invariant()
    def an_alert_lies_in_the_case_of_its_incident(self) -> None:
        for row in CaseAlert.objects.select_related("incident"):
            assert row.case_id == row.incident.case_id

    @invariant()
    def nothing_is_added_to_what_takes_no_more(self) -> None:
        for model, open_to in ((Incident, {*WORKABLE, IncidentStatus.ESCALATED.value}), (Case, WORKABLE)):
            for item in model.objects.all():
                key, now = (model.__name__, item.pk), set(item.case_alerts.values_list("alert_id", flat=True))
                if item.status in open_to:
                    self.sealed.pop(key, None)
                else:
                    assert self.sealed.setdefault(key, now) == now, item
        for incident in Incident.objects.filter(status=IncidentStatus.ESCALATED).select_related("case"):
            assert incident.case is not None

    @invariant()
    def labels_are_what_was_concluded(self) -> None:
        for item in [*Incident.objects.filter(status="closed"), *Case.objects.filter(status="closed")]:
            transactions = item.case_alerts.values_list("alert__transaction_id", flat=True)
            labels = Label.objects.filter(transaction__in=transactions, origin=LabelOrigin.CASE)
            assert {label.is_suspicious for label in labels} == {item.disposition == "confirmed"}
            assert labels.count() == len(transactions)

    @invariant()
    def an_item_lies_in_one_queue_while_it_is_worked(self) -> None:
        for model, kind in ((Incident, "incident"), (Case, "case")):
            for item in model.objects.all():
                present = QueueEntry.objects.filter(**{kind: item}, left_at=None).values_list("queue_id", flat=True)
                is_finished = item.status in ("closed", "escalated")
                assert list(present) == ([] if is_finished else [item.queue_id]), item
                if is_finished:
                    assert not WorkLease.objects.filter(**{kind: item}).exists()


@pytest.mark.django_db
def test_any_order_of_acts() -> None:
    run_state_machine_as_test(
        Triage,
        settings=settings(max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
