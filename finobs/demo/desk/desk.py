"""The work of the demo's people, from one lot of payments to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from approvals.services import expire_due
from cases.choices import CaseStatus
from cases.models import Case, Incident
from cases.services import items_wake

from ..bank import World
from .facts import FactsOf
from .hours import Shift, shifts
from .investigation import Investigation
from .present import Present
from .prose import Prose
from .referral import Referral
from .staff import Staff
from .triage import Triage

# When a lead draws a sample of what was closed, as a share of the demo's days.
SAMPLED_AT: Final = 0.7


class Desk:
    """world: as its accounts and names are asked for; it is made once."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    @cached_property
    def world(self) -> World:
        return self._world()

    @cached_property
    def staff(self) -> Staff:
        return Staff()

    @cached_property
    def prose(self) -> Prose:
        return Prose()

    @cached_property
    def facts(self) -> FactsOf:
        return FactsOf(self.world)

    @cached_property
    def triage(self) -> Triage:
        return Triage(self.world.plan, self.staff, self.facts, self.prose)

    @cached_property
    def investigation(self) -> Investigation:
        return Investigation(self.world.plan.seed, self.staff, self.facts, self.prose)

    @cached_property
    def referral(self) -> Referral:
        return Referral(self.world, self.staff, self.facts)

    @cached_property
    def sampled_on(self) -> date:
        plan = self.world.plan
        return plan.first + timedelta(days=round(plan.days * SAMPLED_AT))

    def work(self, start: datetime, end: datetime, *, is_last: bool) -> None:
        """Work from one moment to another; of the last hour before the demo begins, things stay half done."""
        for shift in shifts(start, end):
            self.day(shift)
        if is_last:
            Present(start, end, self.referral, self.triage, self.investigation).leave()

    def day(self, shift: Shift) -> None:
        # What the beat does of itself, on the days on which there is something to do.
        if any(model.objects.filter(status=CaseStatus.WAITING).exists() for model in (Incident, Case)):
            shift.plan(shift.start, items_wake)
        if ApprovalRequest.objects.filter(state=RequestState.PENDING).exists():
            shift.plan(shift.start, expire_due)
        self.referral.plan(shift)
        if shift.day >= self.sampled_on:
            self.triage.reopen_one(shift)
        self.triage.plan(shift)
        self.investigation.plan(shift)
        shift.run()
