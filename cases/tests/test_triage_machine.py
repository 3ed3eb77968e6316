"""Gathering, triage, escalation by people and by policy, approval, closing one and many, moving, waiting and reopening in
any order: no alert is lost, counted twice, or added to what takes no more; labels are what was concluded; and each act is
refused exactly where its rule here says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from approvals.services import expire_due, request_decide, request_withdraw
from cases import services
from cases.choices import IncidentStatus
from cases.models import Case, CaseAlert, Incident, QueueEntry, WorkLease
from cases.tests.factories import held_by, hold, in_force
from detection.choices import Typology
from detection.models import Alert
from finobs.core import clock
from finobs.core.errors import ApprovalRequired, Conflict, FinobsError, Invalid, InvalidTransition, NotAllowed, Stale
from finobs.core.versions import FIRST_VERSION
from tests import factories
from tests.support.ledger_events import event_bodies
from transactions.choices import LabelOrigin
from transactions.models import Label

TYPOLOGIES = (Typology.LARGE_AMOUNT, Typology.STRUCTURING)
RATIONALE = "Looked at and understood."
CONCLUSIONS = st.sampled_from(
    [
        {"disposition": "confirmed", "reason_code": "money_mule", "rationale": RATIONALE},
        {"disposition": "false_positive", "reason_code": "data_error", "rationale": RATIONALE},
        {"disposition": "no_action", "reason_code": "known_pattern", "rationale": RATIONALE},
    ]
)
# What the policy escalates by itself, as it says it and as it is to be understood.
Escalating = tuple[list[dict[str, Any]], Callable[[Incident], bool]]
ESCALATING: Final[Sequence[Escalating]] = (
    ([], lambda _: False),
    ([{"alerts_min": 3}], lambda incident: incident.alert_count >= 3),
    ([{"severity": "block"}], lambda incident: incident.block_count > 0),
)
# Said again, not read from the table that is tested: from which status each step is possible.
AT_WORK: Final = frozenset({"new", "open", "waiting"})
SOURCES: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "incident": {"close": AT_WORK},
    "case": {"close": AT_WORK - {"new"}},
}
SOURCES_OF_BOTH: Final = {
    "take": AT_WORK, "wait": frozenset({"open"}), "release": AT_WORK - {"new"}, "move": AT_WORK, "escalate": AT_WORK,
}  # fmt: skip

places = st.integers(min_value=0, max_value=1_000)
kinds = st.sampled_from([Incident, Case])
# Mostly one person, so that runs go deep; somebody else comes in between.
workers = st.sampled_from(["analyst", "analyst", "analyst", "lead", "second lead"])
seldom = st.sampled_from([False, False, False, False, True])
Refusal = type[FinobsError] | None


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

    @initialize(sampled=st.sampled_from([0, 0, 100]), escalating=st.sampled_from(ESCALATING))
    def world(self, sampled: int, escalating: Escalating) -> None:
        conditions, self.is_escalated = escalating
        in_force("gathering", "gathering", sampled_percent=sampled, escalate=conditions)
        self.queues = [factories.queue(typologies=list(TYPOLOGIES)), factories.queue()]
        roles = {"analyst": "analyst", "lead": "compliance", "second lead": "compliance"}
        self.people = {name: factories.user(name.title(), role=role) for name, role in roles.items()}
        for name, person in self.people.items():
            for queue in self.queues:
                factories.grant(person, "work" if name == "analyst" else "lead", queue)
        # Two accounts of one customer, and one of nobody known.
        self.accounts = [factories.account() for _ in range(3)]
        (self.customer,) = held_by(self.accounts[0], "holder")
        hold(self.customer, self.accounts[1])

    def act(self, refusal: Refusal, act: Callable[[], Any]) -> Any:
        """Do it, and fail if it is refused otherwise than expected, or not refused where it should be."""
        result, refused = None, None
        with clock.at(self.time):
            try:
                result = act()
            except FinobsError as error:
                refused = error
        assert (type(refused) if refused else None) is refusal, (refusal, repr(refused))
        return result

    def pick(self, rows: Any, place: int) -> Any:
        """One of the rows, a minute after the act before."""
        self.time += timedelta(minutes=1)
        some = list(rows.order_by("pk"))
        return some[place % len(some)] if some else None

    def step(self, action: str, item: Any, person: Any) -> Refusal:
        """What a step is refused with: from another status, or because somebody else holds the item."""
        if item.status not in SOURCES[item.KIND].get(action, SOURCES_OF_BOTH.get(action)):  # type: ignore[operator]
            return InvalidTransition
        lease = WorkLease.objects.filter(**{item.KIND: item}, expires_at__gt=self.time).first()
        if lease is not None and lease.holder_id != person.pk:
            return Conflict
        return InvalidTransition if action == "release" and lease is None else None

    def closing(self, item: Any, person: Any, words: Mapping[str, str], *, stale: bool, needs_two: bool) -> Refusal:
        if item.status == "awaiting_approval":
            kind, pending = type(item)._meta.label_lower, RequestState.PENDING
            requests = ApprovalRequest.objects.filter(subject_type=kind, subject_id=str(item.pk), state=pending)
            own = requests.filter(requested_by=person).first()
            # The same again is answered with the same request.
            return ApprovalRequired if own is not None and own.payload == words else InvalidTransition
        return self.step("close", item, person) or (Stale if stale else ApprovalRequired if needs_two else None)

    @rule(which=st.integers(0, 2), typology=st.sampled_from(TYPOLOGIES), hours=st.integers(0, 60), blocks=st.booleans())
    def alert(self, which: int, typology: str, hours: int, blocks: bool) -> None:
        self.time += timedelta(minutes=1)
        made = factories.alert(of=self.accounts[which], typology=typology, outcome="block" if blocks else "review")
        at = self.time - timedelta(hours=hours)
        type(made.transaction).objects.filter(pk=made.transaction_id).update(occurred_at=at)
        before = dict(Incident.objects.values_list("pk", "status"))
        self.act(None, lambda: services.gather_alerts(alerts=[made]))
        incident = Incident.objects.get(case_alerts__alert=made)
        status = before.get(incident.pk, "new")
        if self.is_escalated(incident):
            status = "escalated"
        assert incident.status == status

    @rule(place=places, words=CONCLUSIONS, name=workers, stale=seldom)
    def close_incident(self, place: int, words: dict[str, str], name: str, stale: bool) -> None:
        item, person = self.pick(Incident.objects, place), self.people[name]
        if item is None:
            return
        version = max(FIRST_VERSION, item.version - stale)
        refusal = self.closing(item, person, words, stale=version != item.version, needs_two=item.is_sampled)
        self.act(refusal, lambda: services.incident_close(actor=person, item=item, version=version, **words))
        if refusal in (None, ApprovalRequired):
            item.refresh_from_db()
            assert item.status == ("awaiting_approval" if refusal else "closed")

    @rule(places=st.lists(places, min_size=1, max_size=6), words=CONCLUSIONS, name=workers)
    def close_many(self, places: list[int], words: dict[str, Any], name: str) -> None:
        person = self.people[name]
        picked = {each.pk: each for each in (self.pick(Incident.objects, place) for place in places) if each}
        if not picked:
            return
        items = sorted(picked.values(), key=lambda each: each.pk)
        possible = [each for each in items if self.step("close", each, person) is None]
        result = self.act(None, lambda: services.incidents_close(actor=person, items=items, **words))
        assert result.closed == [each for each in possible if not each.is_sampled]
        assert [reference for reference, _ in result.approvals] == [
            each.reference for each in possible if each.is_sampled
        ]
        assert [reference for reference, _ in result.skipped] == [
            each.reference for each in items if each not in possible
        ]

    @rule(place=places, other=places, joins=st.booleans(), name=workers)
    def escalate(self, place: int, other: int, joins: bool, name: str) -> None:
        item, person = self.pick(Incident.objects, place), self.people[name]
        case = self.pick(Case.objects, other) if joins else None
        if item is None:
            return
        refusal = self.step("escalate", item, person)
        if refusal is None and case is not None and case.status not in AT_WORK:
            refusal = InvalidTransition
        into = self.act(
            refusal,
            lambda: services.incident_escalate(actor=person, item=item, case=case, reason="More than a look."),
        )
        if refusal is None:
            item.refresh_from_db()
            assert (item.status, item.case) == ("escalated", case or into)

    @rule(place=places, kind=kinds, name=workers)
    def take(self, place: int, kind: type[Any], name: str) -> None:
        item, person = self.pick(kind._default_manager, place), self.people[name]
        if item is not None:
            refusal = self.step("take", item, person)
            self.act(refusal, lambda: services.item_take(actor=person, item=item))

    @rule(place=places, kind=kinds, name=workers)
    def release(self, place: int, kind: type[Any], name: str) -> None:
        item, person = self.pick(kind._default_manager, place), self.people[name]
        if item is not None:
            refusal = self.step("release", item, person)
            self.act(refusal, lambda: services.item_release(actor=person, item=item))

    @rule(place=places, kind=kinds, name=workers, queue=st.integers(0, 1))
    def move(self, place: int, kind: type[Any], name: str, queue: int) -> None:
        item, person, to = self.pick(kind._default_manager, place), self.people[name], self.queues[queue]
        if item is None:
            return
        refusal = self.step("move", item, person) or (Invalid if item.queue_id == to.pk else None)
        self.act(refusal, lambda: services.item_move(actor=person, item=item, queue=to, reason="It is theirs."))
        if refusal is None:
            item.refresh_from_db()
            assert (item.queue, item.assignee) == (to, None)

    @rule(place=places, kind=kinds, name=workers, hours=st.integers(1, 48))
    def wait(self, place: int, kind: type[Any], name: str, hours: int) -> None:
        item, person = self.pick(kind._default_manager, place), self.people[name]
        until = self.time + timedelta(hours=hours)
        if item is not None:
            refusal = self.step("wait", item, person)
            self.act(refusal, lambda: services.item_wait(actor=person, item=item, waiting_for="an answer", until=until))

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        """What the beat does meanwhile: what waited is woken, and requests that nobody decided end."""
        self.time += timedelta(hours=hours)
        self.act(None, expire_due)
        due: list[Any] = []
        later: list[Any] = []
        for model in (Incident, Case):
            waiting = model._default_manager.filter(status="waiting")
            due += waiting.filter(waiting_until__lte=self.time)
            later += waiting.filter(waiting_until__gt=self.time)
        before = len(event_bodies("incident.wake")) + len(event_bodies("case.wake"))
        assert self.act(None, services.items_wake) == len(due)
        for item, status in [*((each, "open") for each in due), *((each, "waiting") for each in later)]:
            item.refresh_from_db()
            assert item.status == status
        assert len(event_bodies("incident.wake")) + len(event_bodies("case.wake")) == before + len(due)
        assert not ApprovalRequest.objects.filter(state=RequestState.PENDING, expires_at__lte=self.time).exists()

    @rule(place=places, words=CONCLUSIONS, name=workers, stale=seldom)
    def propose(self, place: int, words: dict[str, str], name: str, stale: bool) -> None:
        case, person = self.pick(Case.objects, place), self.people[name]
        if case is None:
            return
        version = max(FIRST_VERSION, case.version - stale)
        refusal = self.closing(case, person, words, stale=version != case.version, needs_two=True)
        self.act(refusal, lambda: services.case_close(actor=person, item=case, version=version, **words))
        if refusal is ApprovalRequired:
            case.refresh_from_db()
            assert case.status == "awaiting_approval"

    @rule(place=places, name=workers)
    def approve(self, place: int, name: str) -> None:
        request = self.pick(ApprovalRequest.objects.filter(state=RequestState.PENDING), place)
        person = self.people[name]
        if request is None:
            return
        model = Case if request.subject_type == "cases.case" else Incident
        item: Any = model._default_manager.get(pk=request.subject_id)
        involved = {request.requested_by_id, request.last_edited_by_id, item.last_edited_by_id}
        is_late = request.expires_at <= self.time
        refusal: Refusal = NotAllowed if name == "analyst" or person.pk in involved else Conflict if is_late else None
        self.act(
            refusal,
            lambda: request_decide(actor=person, request=request, vote="approve", reason="", digest=request.digest),
        )
        item.refresh_from_db()
        ends: dict[Refusal, str] = {None: "closed", Conflict: "open", NotAllowed: "awaiting_approval"}
        assert item.status == ends[refusal]

    @rule(place=places, name=workers)
    def withdraw(self, place: int, name: str) -> None:
        request = self.pick(ApprovalRequest.objects.filter(state=RequestState.PENDING), place)
        person = self.people[name]
        if request is not None:
            refusal = None if request.requested_by_id == person.pk else NotAllowed
            self.act(refusal, lambda: request_withdraw(actor=person, request=request))

    @rule(place=places, kind=kinds, name=workers)
    def reopen(self, place: int, kind: type[Any], name: str) -> None:
        item, person = self.pick(kind._default_manager.filter(status__in=["closed", "open", "escalated"]), place), name
        if item is None:
            return
        refusal = NotAllowed if person == "analyst" else None if item.status == "closed" else InvalidTransition
        actor = self.people[person]
        self.act(refusal, lambda: services.item_reopen(actor=actor, item=item, reason="There is news of it."))

    @invariant()
    def every_alert_is_in_exactly_one_incident(self) -> None:
        gathered = CaseAlert.objects.values_list("alert_id", flat=True)
        assert sorted(gathered) == sorted(Alert.objects.values_list("pk", flat=True))
        for model in (Incident, Case):
            for item in model.objects.all():
                alerts = list(item.case_alerts.values_list("alert__outcome", flat=True))
                assert (item.alert_count, item.block_count) == (len(alerts), alerts.count("block")), item

    @invariant()
    def an_alert_lies_in_the_case_of_its_incident_and_is_about_its_subject(self) -> None:
        for row in CaseAlert.objects.select_related("incident", "alert"):
            assert row.case_id == row.incident.case_id
            is_of_customer = row.alert.account_id in [account.pk for account in self.accounts[:2]]
            assert row.incident.customer_id == (self.customer.pk if is_of_customer else None)
            assert is_of_customer or row.incident.account_id == row.alert.account_id

    @invariant()
    def nothing_is_added_to_what_takes_no_more(self) -> None:
        for model, open_to in ((Incident, {*AT_WORK, IncidentStatus.ESCALATED.value}), (Case, AT_WORK)):
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
        settings=settings(max_examples=15, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
