"""Incidents into cases: what a person or the policy escalates joins a case, or opens one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, Q, Subquery

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.db.ids import reserve
from finobs.ledger.services import NewEvent, record_many

from ..choices import CaseStatus, EntryCause, IncidentStatus
from ..models import Case, CaseAlert, CaseSubject, Incident, QueueEntry, WorkLease
from ..references import reference
from ..workflow import WORKABLE
from .automatic_assignment import assign_new
from .item_priority import FACT_FIELDS, prioritise
from .queue_entries import enter_queue
from .routing_of_items import route
from .text_digests import reason_digest


class CaseKey(NamedTuple):
    """What one case of the policy's is about."""

    customer_id: int | None
    account_id: int | None
    typology: str


def escalate_by_policy(actor: User, incidents: Sequence[Incident]) -> None:
    """Escalate locked incidents: into the open case on the same subject and typology, or into a new one.

    One that awaits approval takes nothing more: a successor of it is opened.
    """
    if not incidents:
        return
    by_subject: dict[CaseKey, list[Incident]] = defaultdict(list)
    for incident in incidents:
        by_subject[_subject(incident)].append(incident)
    open_cases = _open_cases(by_subject)
    into = []
    for subject, gathered in by_subject.items():
        near = open_cases[subject]
        case = next((each for each in near if each.status in WORKABLE), None)
        into.append((case or new_case(gathered[0], predecessor=near[0] if near else None), gathered))
    escalate(actor, into, reason="By policy")


def _subject(incident: Incident) -> CaseKey:
    account_id = None if incident.customer_id else incident.account_id
    return CaseKey(incident.customer_id, account_id, incident.typology)


def _open_cases(subjects: Mapping[CaseKey, object]) -> Mapping[CaseKey, list[Case]]:
    """The unfinished cases on these subjects, locked, the newest first."""
    results: dict[CaseKey, list[Case]] = defaultdict(list)
    about = Q(account_id__in={each.account_id for each in subjects if each.account_id})
    about |= Q(customer_id__in={each.customer_id for each in subjects if each.customer_id})
    rows = Case.objects.filter(about, typology__in={each.typology for each in subjects})
    for case in rows.exclude(status=CaseStatus.CLOSED).order_by("pk").select_for_update():
        results[CaseKey(case.customer_id, None if case.customer_id else case.account_id, case.typology)].insert(0, case)
    return results


def new_case(incident: Incident, *, predecessor: Case | None = None) -> Case:
    """A case on the subject of an incident, unsaved."""
    at = clock.now()
    return Case(
        account_id=incident.account_id, customer_id=incident.customer_id, typology=incident.typology,
        unit_id=incident.unit_id, predecessor=predecessor, opened_at=at, created_at=at, updated_at=at,
    )  # fmt: skip


def escalate(actor: User, into: Sequence[tuple[Case, Sequence[Incident]]], *, reason: str) -> None:
    """Escalate locked incidents into cases, locked or new: their alerts lie in the case from now, and its facts count
    them. The number of statements does not depend on how many there are.

    Records: case.open, incident.escalate, case.alert_add, and case.assign of what the policy gives to people.
    """
    at = clock.now()
    new, grown = ([case for case, _ in into if (case.pk is None) == is_new] for is_new in (True, False))
    for number, case in zip(reserve(Case, len(new)), new, strict=True):
        case.pk, case.reference = number, reference("C", case.opened_at.year, number)
    for case, incidents in into:
        for incident in incidents:
            incident.case, incident.status = case, IncidentStatus.ESCALATED
            incident.closed_at = incident.updated_at = at
            _count_in(case, incident)
        prioritise(case, at)
        case.updated_at = at
    routing_versions = route(new, lambda: _alert_ids(into))
    history.bulk_create(new, actor=actor, reason="Opened")
    history.bulk_update(grown, fields=FACT_FIELDS, actor=actor, reason="Alerts added")
    CaseSubject.objects.bulk_create(filter(None, map(_subject_row, new)))
    enter_queue(new, EntryCause.ROUTED, routing_versions)
    _end_triage([incident for _, incidents in into for incident in incidents], actor, reason, at)
    _record(actor, into, new, reason)
    assign_new(new)


def _subject_row(case: Case) -> CaseSubject | None:
    if case.customer_id:
        return CaseSubject(case=case, customer_id=case.customer_id)
    return CaseSubject(case=case, account_id=case.account_id) if case.account_id else None


def _count_in(case: Case, incident: Incident) -> None:
    case.alert_count += incident.alert_count
    case.block_count += incident.block_count
    case.urgency = max((each for each in (case.urgency, incident.urgency) if each is not None), default=None)
    sums = {
        currency: str(int(case.amounts.get(currency, 0)) + int(minor)) for currency, minor in incident.amounts.items()
    }
    case.amounts = case.amounts | sums


def _end_triage(incidents: Sequence[Incident], actor: User, reason: str, at: datetime) -> None:
    fields = ("case", "status", "closed_at", "updated_at")
    history.bulk_update(incidents, fields=fields, actor=actor, reason=f"Escalated: {reason}")
    keys = [incident.pk for incident in incidents]
    WorkLease.objects.filter(incident__in=keys).delete()
    QueueEntry.objects.filter(incident__in=keys, left_at=None).update(left_at=at, left_cause=EntryCause.ESCALATED)
    case = Incident.objects.filter(pk=OuterRef("incident_id")).values("case_id")
    CaseAlert.objects.filter(incident__in=keys).update(case_id=Subquery(case[:1]))


def _record(actor: User, into: Sequence[tuple[Case, Sequence[Incident]]], new: Sequence[Case], reason: str) -> None:
    entries = [NewEvent("case.open", case, _opening_data(case)) for case in new]
    entries += [
        NewEvent(
            "incident.escalate", incident, {"case": str(case.pk), "reason_digest": reason_digest(incident, reason)}
        )
        for case, incidents in into
        for incident in incidents
    ]
    alerts = _alerts_by_incident([incident.pk for _, incidents in into for incident in incidents])
    entries += [
        NewEvent(
            "case.alert_add", case,
            {"alerts": [pk for each in incidents for pk in alerts[each.pk]],
             "incidents": [str(each.pk) for each in incidents]},
        )
        for case, incidents in into
    ]  # fmt: skip
    record_many(actor=actor, entries=entries)


def _alert_ids(into: Sequence[tuple[Case, Sequence[Incident]]]) -> dict[int, list[int]]:
    """By `id()` of a case, the keys of the alerts that it takes."""
    alerts = _alerts_by_incident([incident.pk for _, incidents in into for incident in incidents])
    return {id(case): [int(pk) for each in incidents for pk in alerts[each.pk]] for case, incidents in into}


def _opening_data(case: Case) -> dict[str, str | None]:
    def key(pk: int | None) -> str | None:
        return str(pk) if pk else None

    return {
        "reference": case.reference, "account": key(case.account_id), "customer": key(case.customer_id),
        "typology": case.typology, "queue": str(case.queue_id), "predecessor": key(case.predecessor_id),
    }  # fmt: skip


def _alerts_by_incident(keys: Sequence[int]) -> Mapping[int, list[str]]:
    results: dict[int, list[str]] = defaultdict(list)
    rows = CaseAlert.objects.filter(incident__in=keys).order_by("alert_id").values_list("incident_id", "alert_id")
    for incident_id, alert_id in rows:
        results[incident_id].append(str(alert_id))
    return results
