"""Case and approval under any order of acts (REL-20): every step is in the table, ends stay ends, four eyes hold."""

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
from approvals.models import ApprovalDecision, ApprovalRequest
from approvals.services import expire_due, request_decide, request_withdraw
from cases import services
from cases.choices import CaseStatus
from cases.models import Case
from cases.workflow import CASE_TRANSITIONS
from finobs.core import access, clock
from finobs.core.errors import ApprovalRequired, FinobsError
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated

PEOPLE = ("analyst", "second analyst", "lead", "second lead", "auditor", "stranger", "superuser", "machine")
STEPS = {(source, step.target or source) for step in CASE_TRANSITIONS for source in step.sources}
ENDED = (RequestState.USED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED, RequestState.VOID)
who = st.sampled_from(PEOPLE)
# Mostly people who may, so that runs go deep; the others are tried in between.
able = st.sampled_from(("second analyst", "second lead", "analyst", "lead") * 3 + PEOPLE)
seldom = st.sampled_from([False] * 5 + [True])


class CaseAndApproval(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.time = factories.NOON
        self.ended: dict[int, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    @initialize()
    def world(self) -> None:
        self.queue = factories.queue()
        roles = {"analyst": "analyst", "lead": "compliance", "auditor": "auditor", "machine": "compliance"}
        grants = {"analyst": "work", "lead": "lead", "auditor": "view", "machine": "lead"}
        self.people = {}
        for name in PEOPLE:
            kind = name.split()[-1]
            fields: dict[str, Any] = {"kind": "service"} if name == "machine" else {"is_superuser": name == "superuser"}
            self.people[name] = factories.user(name, role=roles.get(kind, ""), **fields)
            if kind in grants:
                access.grant(self.people[name], grants[kind], self.queue)
        self.account = factories.account()
        alert = factories.alert(of=self.account)
        self.queue.typologies = [alert.typology]
        self.queue.save()
        escalated(alerts=[alert])
        self.case = Case.objects.get(account=self.account)
        self.status = str(self.case.status)

    def act(self, act: Callable[[], Any]) -> bool:
        """Run one act a minute later; say whether it was done. Refusals are fine; faults are not."""
        self.time += timedelta(minutes=1)
        with clock.at(self.time):
            try:
                act()
            except ApprovalRequired:
                return False
            except FinobsError:
                return False
        return True

    def person(self, name: str) -> Any:
        found = self.people[name]
        found.refresh_from_db()
        return type(found).objects.get(pk=found.pk)

    def current(self) -> Case:
        return Case.objects.get(pk=self.case.pk)

    @rule(name=who)
    def take(self, name: str) -> None:
        self.act(lambda: services.item_take(actor=self.person(name), item=self.case))

    @rule(name=who)
    def take_next(self, name: str) -> None:
        self.act(lambda: services.item_take_next(actor=self.person(name), queue=self.queue))

    @rule(name=who)
    def release(self, name: str) -> None:
        self.act(lambda: services.item_release(actor=self.person(name), item=self.case))

    @rule(name=who, to=who)
    def assign(self, name: str, to: str) -> None:
        self.act(
            lambda: services.item_assign(actor=self.person(name), item=self.case, to=self.person(to), reason="Because.")
        )

    @rule(name=who)
    def note(self, name: str) -> None:
        self.act(lambda: services.note_add(actor=self.person(name), item=self.case, text="Something new."))

    @rule(name=able)
    def take_and_propose(self, name: str) -> None:
        self.take(name)
        self.status = str(self.current().status)
        self.propose(name, False, "Salary, as every month.")

    @rule(name=able, stale=seldom, text=st.sampled_from(["Salary, as every month.", "Rent, as every month."]))
    def propose(self, name: str, stale: bool, text: str) -> None:
        version = self.current().version - int(stale)
        done = self.act(
            lambda: services.case_close(
                actor=self.person(name), item=self.case, disposition="false_positive", reason_code="known_pattern",
                rationale=text, version=version,
            )
        )  # fmt: skip
        assert not done, "a case was closed by one person"

    @rule(name=able, vote=st.sampled_from(["approve", "reject"]), wrong=seldom)
    def decide(self, name: str, vote: str, wrong: bool) -> None:
        request = ApprovalRequest.objects.order_by("-pk").first()
        if request is not None:
            digest = request.digest if not wrong else "0" * 64
            person = self.person(name)
            done = self.act(
                lambda: request_decide(actor=person, request=request, vote=vote, reason="Why.", digest=digest)
            )
            assert not (wrong and done)
            if done:
                assert name in ("lead", "second lead", "superuser")

    @rule(name=who)
    def withdraw(self, name: str) -> None:
        request = ApprovalRequest.objects.order_by("-pk").first()
        if request is not None:
            self.act(lambda: request_withdraw(actor=self.person(name), request=request))

    @rule()
    def wait(self) -> None:
        self.time += timedelta(hours=73)
        self.act(expire_due)

    @rule()
    def another_alert(self) -> None:
        if self.status != CaseStatus.CLOSED:
            self.act(lambda: escalated(alerts=[factories.alert(of=self.account)]))

    @rule(name=st.sampled_from(["analyst", "lead"]))
    def leave_or_return(self, name: str) -> None:
        person = self.person(name)
        person.is_active = not person.is_active
        person.save()

    @rule(name=st.sampled_from(["analyst", "lead"]))
    def lose_or_regain_the_grant(self, name: str) -> None:
        person, may = self.person(name), "work" if name == "analyst" else "lead"
        held = self.queue.pk in access.granted_ids(person, type(self.queue), [may])
        (access.revoke if held else access.grant)(person, may, self.queue)

    @invariant()
    def every_step_is_in_the_table(self) -> None:
        if hasattr(self, "case"):
            now = str(self.current().status)
            # One act may take two steps: what waits is voided and asked anew, or approved and carried out.
            assert now == self.status or (self.status, now) in STEPS, (self.status, now)
            self.status = now

    @invariant()
    def it_waits_exactly_when_a_request_is_pending(self) -> None:
        waiting = ApprovalRequest.objects.filter(state=RequestState.PENDING)
        if hasattr(self, "case"):
            assert waiting.count() == int(self.current().status == CaseStatus.AWAITING_APPROVAL)
        assert set(RequestState) == {RequestState.PENDING, *ENDED}

    @invariant()
    def ends_stay_ends(self) -> None:
        for pk, state in self.ended.items():
            assert ApprovalRequest.objects.get(pk=pk).state == state
        self.ended = dict(ApprovalRequest.objects.filter(state__in=ENDED).values_list("pk", "state"))

    @invariant()
    def closed_means_approved_by_a_second_person(self) -> None:
        for decision in ApprovalDecision.objects.select_related("decided_by", "request"):
            assert decision.decided_by_id not in (decision.request.requested_by_id, decision.request.last_edited_by_id)
            assert decision.decided_by.kind == "human"
            assert decision.digest == decision.request.digest
        used = ApprovalRequest.objects.filter(state=RequestState.USED)
        closed = int(hasattr(self, "case") and self.current().status == CaseStatus.CLOSED)
        assert used.count() == closed == Event.objects.filter(action="case.close").count()
        assert all(row.decisions.filter(vote="approve").count() >= row.quorum for row in used)


@pytest.mark.django_db
def test_any_order_of_acts() -> None:
    run_state_machine_as_test(
        CaseAndApproval,
        settings=settings(max_examples=12, stateful_step_count=40, suppress_health_check=list(HealthCheck)),
    )
