"""Incidents into cases: what a person or the policy escalates joins a case, or opens one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.db.ids import reserve
from finobs.ledger.services import NewEvent, record_many

from ..choices import EntryCause, IncidentStatus
from ..models import Case, CaseAlert, CaseSubject, Incident, QueueEntry, WorkItem, WorkLease
from ..references import reference
from ..workflow import WORKABLE
from .automatic_assignment import assign_new
from .item_priority import FACT_FIELDS, add_incidents
from .queue_entries import enter_queue
from .routing_of_items import route
from .subjects_of_incidents import Into, add_subjects, subject_data
from .text_digests import reason_digest


class CaseKey(NamedTuple):
    """What one case of the policy's is about, and in which unit."""

    customer_id: int | None
    account_id: int | None
    unit_id: int | None
    typology: str


def case_key(item: WorkItem) -> CaseKey:
    return CaseKey(*item.subject_ids, item.unit_id, item.typology)


def escalate_by_policy(actor: User, incidents: Sequence[Incident]) -> None:
    """Escalate locked incidents: into the case that is worked on the same subject and typology, or into a new one.

    One that is closed or awaits approval takes nothing more: a successor of it is opened.
    """
    if not incidents:
        return
    by_key: dict[CaseKey, list[Incident]] = defaultdict(list)
    for incident in incidents:
        by_key[case_key(incident)].append(incident)
    workable = _workable_cases(by_key)
    followed = cases_to_follow(Case.objects.all(), by_key)
    into = [
        (workable.get(key) or new_case(gathered[0], predecessor_id=followed.get(key)), gathered)
        for key, gathered in by_key.items()
    ]
    escalate(actor, into, reason="By policy")


def _on(rows: QuerySet[Case], keys: Collection[CaseKey]) -> QuerySet[Case]:
    """Those of `rows` that may be on one of these keys: their subject, typology and unit are among them."""
    about = Q(account_id__in={each.account_id for each in keys if each.account_id})
    about |= Q(customer_id__in={each.customer_id for each in keys if each.customer_id})
    units, typologies = {each.unit_id for each in keys}, {each.typology for each in keys}
    return rows.filter(about, unit_id__in=units, typology__in=typologies)


def _workable_cases(keys: Collection[CaseKey]) -> dict[CaseKey, Case]:
    """The newest case on each key that takes more, locked."""
    rows = _on(Case.objects.filter(status__in=WORKABLE), keys)
    return {case_key(case): case for case in rows.order_by("pk").select_for_update()}


def cases_to_follow(rows: QuerySet[Case], keys: Collection[CaseKey]) -> dict[CaseKey, int]:
    """The newest of `rows` on each key that takes no more: it is closed, or awaits approval. By its primary key."""
    columns = ("customer_id", "account_id", "unit_id", "typology")
    latest = _on(rows.exclude(status__in=WORKABLE), keys).order_by().values_list(*columns).annotate(latest=Max("pk"))
    results: dict[CaseKey, int] = {}
    for customer_id, account_id, unit_id, typology, pk in latest:
        key = CaseKey(customer_id, None if customer_id else account_id, unit_id, typology)
        results[key] = max(pk, results.get(key, 0))
    return results


def new_case(incident: Incident, *, predecessor_id: int | None = None) -> Case:
    """A case on the subject of an incident, unsaved."""
    at = clock.now()
    return Case(
        account_id=incident.account_id, customer_id=incident.customer_id, typology=incident.typology,
        unit_id=incident.unit_id, predecessor_id=predecessor_id, opened_at=at, created_at=at, updated_at=at,
    )  # fmt: skip


def escalate(actor: User, into: Into, *, reason: str) -> None:
    """Escalate locked incidents into cases, locked or new: their alerts lie in the case from now, and its facts count
    them. The number of statements does not depend on how many there are.

    Records: case.open, incident.escalate, case.alert_add, case.subject_add where somebody else's incident joins, and
    case.assign of what the policy gives to people.
    """
    at = clock.now()
    new, grown = ([case for case, _ in into if (case.pk is None) == is_new] for is_new in (True, False))
    for number, case in zip(reserve(Case, len(new)), new, strict=True):
        case.pk, case.reference = number, reference("C", case.opened_at.year, number)
    for case, incidents in into:
        for incident in incidents:
            incident.case, incident.status = case, IncidentStatus.ESCALATED
            incident.closed_at = incident.updated_at = at
        add_incidents(case, incidents)
    routing_versions = route(new, lambda: _alert_ids(into))
    history.bulk_create(new, actor=actor, reason="Opened")
    history.bulk_update(grown, fields=FACT_FIELDS, actor=actor, reason="Alerts added")
    subjects = add_subjects(actor, into, reason="Escalated")
    enter_queue(new, EntryCause.ROUTED, routing_versions)
    _end_triage([incident for _, incidents in into for incident in incidents], actor, reason, at)
    _record(actor, into, new, subjects, reason)
    assign_new(new)


def _end_triage(incidents: Sequence[Incident], actor: User, reason: str, at: datetime) -> None:
    fields = ("case", "status", "closed_at", "updated_at")
    history.bulk_update(incidents, fields=fields, actor=actor, reason=f"Escalated: {reason}")
    keys = [incident.pk for incident in incidents]
    WorkLease.objects.filter(incident__in=keys).delete()
    QueueEntry.objects.filter(incident__in=keys, left_at=None).update(left_at=at, left_cause=EntryCause.ESCALATED)
    case = Incident.objects.filter(pk=OuterRef("incident_id")).values("case_id")
    CaseAlert.objects.filter(incident__in=keys).update(case_id=Subquery(case[:1]))


def _record(
    actor: User, into: Into, new: Sequence[Case], subjects: Mapping[int, Sequence[CaseSubject]], reason: str
) -> None:
    entries = [NewEvent("case.open", case, _opening_data(case), related=subjects.get(case.pk, ())) for case in new]
    opened = {case.pk for case in new}
    entries += [
        NewEvent(
            "case.subject_add",
            case,
            {**subject_data(subject), "reason_digest": reason_digest(case, reason)},
            related=[subject],
        )
        for case, _ in into
        if case.pk not in opened
        for subject in subjects.get(case.pk, ())
    ]
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


def _alert_ids(into: Into) -> dict[int, list[int]]:
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
