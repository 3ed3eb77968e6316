"""How things stand when the demo begins: some in hand, some waiting, some proposed, and the newest untouched."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final

from cases.choices import CaseStatus, IncidentStatus
from cases.models import Case, Incident
from cases.services import item_take, note_add

from .hours import Shift
from .investigation import Investigation
from .prose import notes
from .referral import Referral
from .staff import is_worked
from .triage import Triage, assign

LAST_HOURS: Final = timedelta(minutes=80)
# How many incidents are given to somebody, taken, and set to wait; how many cases are taken, and proposed.
ASSIGNMENTS, TAKES, WAITS, CASE_TAKES, PROPOSALS = 2, 3, 2, 3, 2


class Present:
    """The last hours before `end`, which begin after `start`."""

    def __init__(
        self, start: datetime, end: datetime, referral: Referral, triage: Triage, investigation: Investigation
    ) -> None:
        begin = max(start, end - LAST_HOURS)
        self.shift = Shift(end.date(), begin, end)
        self.begin, self.room = begin, end - begin
        self.referral, self.triage, self.investigation, self.number = referral, triage, investigation, 0

    def next(self) -> datetime:
        """Moments one after the other, up to the end."""
        self.number += 1
        return self.begin + self.room * min(1.0, self.number / 24)

    def leave(self) -> None:
        if not self.referral.is_told():
            self.shift.plan(self.next(), self.referral.tell)
        self.cases()
        self.incidents()
        self.shift.run()

    def cases(self) -> None:
        rows = Case.objects.filter(status__in=(CaseStatus.OPEN, CaseStatus.NEW)).select_related("queue", "unit")
        open_cases = (each for each in rows.order_by("opened_at", "pk") if is_worked(each))
        missing = max(0, PROPOSALS - Case.objects.filter(status=CaseStatus.AWAITING_APPROVAL).count())
        desk = self.investigation
        for number, case in enumerate(islice(open_cases, missing + CASE_TAKES)):
            rng, facts = desk.rng(case), desk.facts.of(case)
            worker = desk.worker(case, rng)
            self.shift.plan(self.next(), partial(item_take, actor=worker, item=case))
            if number < missing:
                self.shift.plan(self.next(), partial(desk.propose, worker, case, facts, rng))

    def incidents(self) -> None:
        rows = Incident.objects.filter(status=IncidentStatus.NEW).select_related("queue", "unit", "account")
        untouched = (each for each in rows.order_by("opened_at", "pk") if is_worked(each))
        missing = max(0, WAITS - Incident.objects.filter(status=IncidentStatus.WAITING).count())
        desk = self.triage
        for number, incident in enumerate(islice(untouched, ASSIGNMENTS + TAKES + missing)):
            rng, facts = desk.rng(incident), desk.facts.of(incident)
            worker = desk.staff.analyst(incident, rng)
            if number < ASSIGNMENTS:
                lead, reason = desk.staff.lead(incident, rng), desk.prose.pick(notes.ASSIGNED, rng)
                self.shift.plan(self.next(), partial(assign, lead, worker, incident, reason))
                continue
            self.shift.plan(self.next(), partial(item_take, actor=worker, item=incident))
            text = desk.prose.write(notes.TRIAGE, facts, rng)
            self.shift.plan(self.next(), partial(note_add, actor=worker, item=incident, text=text))
            if number >= ASSIGNMENTS + TAKES:
                self.shift.plan(self.next(), partial(desk.wait, worker, incident, rng))
