"""Cases: step by step over days and weeks, and the closing that a lead decides."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Final

from django.db.models import QuerySet

from approvals.choices import RequestState, Vote
from approvals.models import ApprovalRequest
from approvals.services import request_decide
from cases.choices import CaseStatus
from cases.models import Case
from cases.services import case_close, item_take, item_wait, note_add
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired
from finobs.ledger.services import subject_key

from .facts import Facts, FactsOf
from .hours import Shift
from .prose import Prose, notes
from .staff import Staff, entity_of, is_worked

# After how many days of rest a case is taken up again, and how long its last alert must be past to conclude it.
PAUSES: Final = (1, 2, 2, 3, 4, 6)
CALM: Final = timedelta(days=6)
WAITING_SHARE, REJECTED_SHARE, SHORT_SHARE = 0.35, 0.14, 0.3


class Investigation:
    def __init__(self, seed: int, staff: Staff, facts: FactsOf, prose: Prose) -> None:
        self.seed, self.staff, self.facts, self.prose = seed, staff, facts, prose

    def rng(self, case: Case) -> Random:
        return Random(f"{self.seed} {case.reference} {case.version}")

    def plan(self, shift: Shift) -> None:
        rows = Case.objects.exclude(status__in=(CaseStatus.CLOSED, CaseStatus.WAITING))
        for case in rows.select_related("queue", "unit", "account", "assignee").order_by("pk"):
            if is_worked(case) and shift.is_open(entity_of(case)) and self.is_due(case, shift.day):
                self.plan_one(case, shift)

    def is_due(self, case: Case, day: date) -> bool:
        if case.status == CaseStatus.AWAITING_APPROVAL:
            return case.updated_at.date() < day
        return (day - case.updated_at.date()).days >= self.rng(case).choice(PAUSES)

    def plan_one(self, case: Case, shift: Shift) -> None:
        rng, at = self.rng(case), partial(shift.moment, entity_of(case))
        hour = rng.uniform(9.4, 15.5)
        if case.status == CaseStatus.AWAITING_APPROVAL:
            # First of all: what was asked on a Friday expires in the course of the Monday.
            shift.plan(at(rng.uniform(9.0, 9.3)), partial(self.decide, case, rng))
            return
        facts = self.facts.of(case)
        worker = self.worker(case, rng)
        shift.plan(at(hour), partial(item_take, actor=worker, item=case))
        number = case.notes.count()
        if text := self.next_note(case, facts, number, rng):
            note = partial(note_add, actor=worker, item=case, text=text)
            shift.plan(at(hour + rng.uniform(0.2, 1.0)), note)
            if number == 1 and rng.random() < WAITING_SHARE:
                shift.plan(at(hour + 1.1), partial(self.wait, worker, case, rng))
        elif shift.day - facts.last_on >= CALM:
            shift.plan(at(hour + rng.uniform(0.3, 1.2)), partial(self.propose, worker, case, facts, rng))

    def worker(self, case: Case, rng: Random) -> User:
        """Who began goes on with it; one that a lead only escalated into is an analyst's."""
        leads = {self.staff.lead(case, rng).pk, *self.staff.whole()}
        if case.assignee is not None and case.assignee_id not in leads:
            return case.assignee
        return self.staff.analyst(case, rng)

    def next_note(self, case: Case, facts: Facts, number: int, rng: Random) -> str:
        """A plan, what came of it, and what a lead asked for; "" where it is time to conclude."""
        if self.was_rejected_since(case):
            return self.prose.write(notes.AMENDED, facts, rng)
        if number == 0:
            return self.prose.write(notes.PLANS[facts.is_suspicious], facts, rng)
        if number == 1 and rng.random() >= SHORT_SHARE:
            return self.prose.write(notes.PROGRESS[facts.is_suspicious], facts, rng)
        return ""

    def was_rejected_since(self, case: Case) -> bool:
        """Did a lead send it back, and has nobody written anything since?"""
        rejected = self.requests(case).filter(state=RequestState.REJECTED).order_by("-pk").first()
        return rejected is not None and not case.notes.filter(created_at__gt=rejected.ended_at).exists()

    def requests(self, case: Case) -> QuerySet[ApprovalRequest]:
        kind, key = subject_key(case)
        return ApprovalRequest.objects.filter(subject_type=kind, subject_id=key)

    def propose(self, worker: User, case: Case, facts: Facts, rng: Random) -> None:
        try:
            case_close(actor=worker, item=case, **self.prose.closing(facts, rng))
        except ApprovalRequired:
            """It waits for a lead, as every case does."""

    def decide(self, case: Case, rng: Random) -> None:
        request = self.requests(case).filter(state=RequestState.PENDING).first()
        if request is None or request.expires_at <= clock.now():
            return
        lead = self.staff.lead(case, rng, besides=request.requested_by)
        is_first = not self.requests(case).filter(state=RequestState.REJECTED).exists()
        vote = Vote.REJECT if is_first and rng.random() < REJECTED_SHARE else Vote.APPROVE
        choices = notes.REJECTED if vote == Vote.REJECT else notes.APPROVED
        request_decide(
            actor=lead, request=request, vote=vote, reason=self.prose.pick(choices, rng), digest=request.digest
        )

    def wait(self, worker: User, case: Case, rng: Random) -> None:
        until = clock.now() + timedelta(days=rng.randrange(4, 10))
        item_wait(actor=worker, item=case, waiting_for=self.prose.pick(notes.WAITING_FOR, rng), until=until)
