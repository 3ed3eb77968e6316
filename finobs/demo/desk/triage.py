"""Incidents: who takes them when, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Final

from cases.choices import IncidentStatus
from cases.models import Case, Incident, Tag
from cases.services import (
    incident_close,
    incident_escalate,
    item_assign,
    item_reopen,
    item_tag,
    item_take,
    item_wait,
    note_add,
)
from cases.workflow import WORKABLE
from finobs.accounts.models import User
from finobs.core import clock
from finobs.ledger.models import Event

from ..bank import BankPlan
from .facts import Facts, FactsOf
from .hours import Shift
from .prose import Prose, notes
from .staff import Staff, entity_of, is_worked

# After how many days a new one is looked at.
LAGS: Final = (0, 0, 0, 1, 1, 2, 3)
# Of what opened in this last share of the days most waits for whoever tries the demo.
NEWEST_SHARE: Final = 1 / 6
UNTOUCHED_SHARE: Final = 0.85
ASSIGNED_SHARE, NOTED_SHARE, WAITING_SHARE, TAGGED_SHARE = 0.12, 0.55, 0.1, 0.3
TAG_OF: Final = {
    "landlord": "cash", "structuring": "cash", "funnel": "cash", "cash": "cash", "elder": "vulnerable-customer",
    "terminal": "same-merchant", "fuel": "same-merchant", "business": "documents-seen", "house": "documents-seen",
    "salary": "payroll",
}  # fmt: skip


class Triage:
    """newest_from: the day from which on most is left to whoever tries the demo."""

    def __init__(self, plan: BankPlan, staff: Staff, facts: FactsOf, prose: Prose) -> None:
        self.seed, self.staff, self.facts, self.prose = plan.seed, staff, facts, prose
        self.newest_from: date = plan.end - timedelta(days=round(plan.days * NEWEST_SHARE))
        self.tags = {tag.slug: tag for tag in Tag.objects.all()}

    def rng(self, incident: Incident) -> Random:
        return Random(f"{self.seed} {incident.reference} {incident.version}")

    def plan(self, shift: Shift) -> None:
        """What is done of incidents in a day: new ones that are due, and those that somebody was in the middle of."""
        for incident in self.unfinished():
            if shift.is_open(entity_of(incident)) and self.is_due(incident, shift.day):
                self.plan_one(incident, shift)

    def unfinished(self) -> Iterator[Incident]:
        rows = Incident.objects.filter(status__in=(IncidentStatus.NEW, IncidentStatus.OPEN))
        for incident in rows.select_related("queue", "unit", "account").order_by("pk"):
            if is_worked(incident):
                yield incident

    def is_due(self, incident: Incident, day: date) -> bool:
        if incident.status == IncidentStatus.OPEN:
            return incident.updated_at.date() < day
        rng = Random(f"{self.seed} {incident.reference} due")
        lag, is_left = rng.choice(LAGS), rng.random() < UNTOUCHED_SHARE
        if is_left and incident.opened_at.date() > self.newest_from:
            return False
        return incident.opened_at.date() + timedelta(days=lag) <= day

    def plan_one(self, incident: Incident, shift: Shift) -> None:
        """Somebody takes it, looks at it, and ends it or lets it wait."""
        rng, facts = self.rng(incident), self.facts.of(incident)
        case, at = self.case_for(incident, facts), partial(shift.moment, entity_of(incident))
        worker = self.staff.for_both(incident, case, rng) if case else self.staff.analyst(incident, rng)
        is_new, hour = incident.status == IncidentStatus.NEW, rng.uniform(9.2, 15.6)
        if is_new and case is None and rng.random() < ASSIGNED_SHARE:
            lead, reason = self.staff.lead(incident, rng), self.prose.pick(notes.ASSIGNED, rng)
            shift.plan(at(hour - 0.15), partial(assign, lead, worker, incident, reason))
        shift.plan(at(hour), partial(item_take, actor=worker, item=incident))
        if not is_new or rng.random() < NOTED_SHARE:
            hour += rng.uniform(0.1, 0.3)
            text = self.prose.write(notes.TRIAGE, facts, rng)
            shift.plan(at(hour), partial(note_add, actor=worker, item=incident, text=text))
        hour += rng.uniform(0.15, 0.7)
        if is_new and not facts.is_suspicious and rng.random() < WAITING_SHARE:
            shift.plan(at(hour), partial(self.wait, worker, incident, rng))
            return
        if (slug := TAG_OF.get(facts.situation)) and rng.random() < TAGGED_SHARE:
            shift.plan(at(hour - 0.02), partial(item_tag, actor=worker, item=incident, tag=self.tags[slug]))
        shift.plan(at(hour), self.ending(worker, incident, facts, rng))

    def ending(self, worker: User, incident: Incident, facts: Facts, rng: Random) -> Callable[[], object]:
        if facts.is_suspicious:
            reason = self.prose.escalation(facts, rng)
            return partial(self.escalate, worker, incident, facts, reason)
        return partial(incident_close, actor=worker, item=incident, **self.prose.closing(facts, rng))

    def escalate(self, worker: User, incident: Incident, facts: Facts, reason: str) -> None:
        """Into the case that is there by now, if they may, or into a new one."""
        case = self.case_for(incident, facts)
        if case is not None and case.queue_id != incident.queue_id and worker.pk not in self.staff.whole():
            case = None
        incident_escalate(actor=worker, item=incident, reason=reason, case=case)

    def case_for(self, incident: Incident, facts: Facts) -> Case | None:
        """An open case on the same account, or on the same terminal."""
        if not facts.is_suspicious:
            return None
        cases = Case.objects.filter(status__in=WORKABLE, unit=incident.unit_id).select_related("queue")
        if facts.situation == "terminal":
            cases = cases.filter(queue=incident.queue_id).order_by("-pk")
            return next((each for each in cases if self.facts.of(each).situation == "terminal"), None)
        return cases.filter(account=incident.account_id).order_by("-pk").first()

    def wait(self, worker: User, item: Incident, rng: Random) -> None:
        until = clock.now() + timedelta(days=rng.randrange(3, 8))
        item_wait(actor=worker, item=item, waiting_for=self.prose.pick(notes.WAITING_FOR, rng), until=until)

    def reopen_one(self, shift: Shift, hour: float = 10.1) -> None:
        """A lead's quality sample finds that a rationale lacks something."""
        if Event.objects.filter(action="incident.reopen").exists():
            return
        closed = Incident.objects.filter(status=IncidentStatus.CLOSED).select_related("queue", "unit")
        incident = next((each for each in closed.order_by("pk") if is_worked(each)), None)
        if incident is not None and shift.is_open(entity_of(incident)):
            lead = self.staff.lead(incident, self.rng(incident))
            act = partial(item_reopen, actor=lead, item=incident, reason=notes.REOPENED)
            shift.plan(shift.moment(entity_of(incident), hour), act)


def assign(lead: User, worker: User, item: Incident | Case, reason: str) -> None:
    item_assign(actor=lead, item=item, to=worker, reason=reason)
