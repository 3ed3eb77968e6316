"""Alerts into incidents: which they join, which they open, and which of these are escalated at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q

from detection.models import Alert
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.db.ids import reserve
from finobs.core.service import service
from finobs.ledger.canonical import Canonical
from finobs.ledger.services import NewEvent, record_many

from ..choices import EntryCause, GatheredBy, GatheringCause, IncidentStatus, PolicyKind
from ..matches import match_data
from ..models import Case, CaseAlert, Incident
from ..policies.gathering import EscalationFacts, Gathering
from ..policies.in_force import PolicyInForce, policy_in_force
from ..policies.shipped import GATHERING
from ..references import reference
from ..workflow import WORKABLE
from .alerts_to_gather import GatheringKey, NewAlert, lock_alerts, ungathered
from .automatic_assignment import assign_new
from .escalation import escalate_by_policy
from .item_priority import FACT_FIELDS, add_facts
from .queue_entries import enter_queue
from .routing_of_items import route
from .sampling import is_drawn


@dataclass(slots=True)
class GatheredAlerts:
    """What one call makes and changes, written together at the end."""

    incidents: dict[GatheringKey, list[Incident]]
    new: list[Incident] = field(default_factory=list)
    joined: dict[int, Incident] = field(default_factory=dict)
    rows: list[CaseAlert] = field(default_factory=list)
    alerts: dict[int, list[NewAlert]] = field(default_factory=lambda: defaultdict(list))


@service
def gather_alerts(*, alerts: Sequence[Alert]) -> None:
    """Put each new alert into an incident: one that is open and near in time on the same subject, in the same unit, or
    a new one.

    What the subject is, how near, and whether typologies are kept apart says the policy of gathering in force. What
    another system raised of a customer alone is about the customer. A new incident is in the unit of its account, else
    of its customer, and goes to the queue that routing says. One that is closed, awaits approval, or was escalated to a
    case that is or does, takes no more: a successor is opened, linked to it. What was escalated to a case that is being
    worked takes more of its episode, and so does the case.
    Who: finobs itself, in the transaction of the ingest that raised the alerts. Alerts gathered already are left where
    they are. Records: incident.open, incident.alert_add, case.alert_add, of what the policy escalates case.open and
    incident.escalate, and of what the policy of assignment gives to people incident.assign and case.assign.
    The number of queries does not depend on the number of alerts.
    """
    policy = policy_in_force(PolicyKind.GATHERING, GATHERING)
    rule = Gathering(policy.content)
    ids = ungathered(alerts)
    if not ids:
        return
    actor = system_actor("group-alerts")
    new_alerts = lock_alerts(ids, rule)
    gathered = GatheredAlerts(_candidates(new_alerts, rule.longest_gap))
    for alert in new_alerts:
        _place(gathered, alert, rule, policy)
    _open(gathered.new)
    changed = [*gathered.new, *gathered.joined.values()]
    for incident in changed:
        add_facts(incident, gathered.alerts[id(incident)])
    routing_versions = route(gathered.new, lambda: _alert_ids(gathered))
    cases = _cases_of(gathered)
    _write(gathered, actor, routing_versions)
    _record(gathered, cases, actor)
    escalate_by_policy(actor, [each for each in changed if each.status in WORKABLE and _escalates(each, rule)])
    assign_new([each for each in gathered.new if each.status in WORKABLE])


def _candidates(alerts: Sequence[NewAlert], gap: timedelta) -> dict[GatheringKey, list[Incident]]:
    """The incidents that the alerts may join or succeed, and their cases, locked: near in time, on the same subjects;
    the oldest first."""
    candidates: dict[GatheringKey, list[Incident]] = defaultdict(list)
    about = Q(account_id__in={alert.account_id for alert in alerts if alert.account_id})
    if customers := {alert.key.customer_id for alert in alerts if alert.key.customer_id}:
        about |= Q(customer_id__in=customers)
    near = Incident.objects.filter(
        about, last_at__gte=alerts[0].occurred_at - gap, first_at__lte=alerts[-1].occurred_at + gap
    )
    incidents = list(near.order_by("pk").select_for_update())
    _lock_cases(incidents)
    for incident in incidents:
        account_id = None if incident.customer_id else incident.account_id
        for typology in (incident.typology, ""):
            candidates[GatheringKey(incident.customer_id, account_id, incident.unit_id, typology)].append(incident)
    return candidates


def _lock_cases(incidents: Sequence[Incident]) -> None:
    """Give the incidents their cases as they are under the lock: one may be sent for approval at this moment, and takes
    no more then."""
    if ids := {incident.case_id for incident in incidents if incident.case_id}:
        cases = {case.pk: case for case in Case.objects.filter(pk__in=ids).order_by("pk").select_for_update()}
        for incident in incidents:
            incident.case = cases[incident.case_id] if incident.case_id else None


def _place(gathered: GatheredAlerts, alert: NewAlert, rule: Gathering, policy: PolicyInForce) -> None:
    """The alert joins the incident that it is near to, or opens one."""
    near = [
        incident
        for incident in gathered.incidents[alert.key]
        if incident.first_at - alert.gap <= alert.occurred_at <= incident.last_at + alert.gap
    ]
    incident = next((each for each in near if takes_more(each)), None)
    cause, gap = GatheringCause.JOINED, _gap_seconds(alert, incident)
    if incident is None:
        predecessor = near[-1] if near else None
        cause = GatheringCause.SUCCESSOR if predecessor else GatheringCause.OPENED
        gap = _gap_seconds(alert, predecessor)
        incident = _new(alert, predecessor, rule)
        gathered.incidents[alert.key].append(incident)
        gathered.new.append(incident)
    elif incident.pk:
        gathered.joined[incident.pk] = incident
    incident.first_at = min(incident.first_at, alert.occurred_at)
    incident.last_at = max(incident.last_at, alert.occurred_at)
    gathered.alerts[id(incident)].append(alert)
    gathered.rows.append(
        CaseAlert(
            alert_id=alert.alert_id, incident=incident, case_id=incident.case_id, cause=cause,
            policy_version_id=policy.version_id, grouped_at=clock.now(), gap_seconds=gap,
            gathered_by=GatheredBy.CUSTOMER if alert.key.customer_id else GatheredBy.ACCOUNT,
            across_typologies=not alert.key.typology,
        )
    )  # fmt: skip


def _gap_seconds(alert: NewAlert, incident: Incident | None) -> int | None:
    """How long after the last alert of the incident, or (negative) before its first; 0 between them."""
    if incident is None:
        return None
    after = max(alert.occurred_at - incident.last_at, timedelta())
    before = max(incident.first_at - alert.occurred_at, timedelta())
    return round((after - before).total_seconds())


def takes_more(incident: Incident) -> bool:
    """May alerts be added to it? Not to what is closed or awaits approval, nor to what is in a case that is or does."""
    if incident.status == IncidentStatus.ESCALATED:
        return incident.case is not None and incident.case.status in WORKABLE
    return incident.status in WORKABLE


def _new(alert: NewAlert, predecessor: Incident | None, rule: Gathering) -> Incident:
    at = clock.now()
    return Incident(
        account_id=alert.account_id, customer_id=alert.key.customer_id, typology=alert.typology,
        unit_id=alert.key.unit_id, predecessor=predecessor, first_at=alert.occurred_at, last_at=alert.occurred_at,
        opened_at=at, created_at=at, updated_at=at, is_sampled=is_drawn(rule.sampled_percent),
    )  # fmt: skip


def _open(incidents: Sequence[Incident]) -> None:
    for number, incident in zip(reserve(Incident, len(incidents)), incidents, strict=True):
        incident.pk, incident.reference = number, reference("I", incident.opened_at.year, number)


def _alert_ids(gathered: GatheredAlerts) -> dict[int, list[int]]:
    """By `id()` of a new incident, the keys of its alerts."""
    return {id(each): [alert.alert_id for alert in gathered.alerts[id(each)]] for each in gathered.new}


def _cases_of(gathered: GatheredAlerts) -> dict[int, Case]:
    """The cases that some of the joined incidents were escalated to, with the new alerts counted in."""
    cases = {}
    for incident in gathered.joined.values():
        if incident.case is not None:
            cases[incident.case.pk] = incident.case
            add_facts(incident.case, gathered.alerts[id(incident)])
    return cases


def _escalates(incident: Incident, rule: Gathering) -> bool:
    amounts = {currency: int(minor) for currency, minor in incident.amounts.items()}
    facts = EscalationFacts(incident.typology, incident.alert_count, incident.block_count, incident.urgency, amounts)
    return rule.escalates(facts)


def _write(gathered: GatheredAlerts, actor: User, routing_versions: Sequence[int | None]) -> None:
    history.bulk_create(gathered.new, actor=actor, reason="Opened")
    fields = (*FACT_FIELDS, "first_at", "last_at")
    history.bulk_update(list(gathered.joined.values()), fields=fields, actor=actor, reason="Alerts added")
    enter_queue(gathered.new, EntryCause.ROUTED, routing_versions)
    for row in gathered.rows:
        row.incident_id = row.incident.pk
    CaseAlert.objects.bulk_create(gathered.rows)


def _record(gathered: GatheredAlerts, cases: Mapping[int, Case], actor: User) -> None:
    """One event for each incident opened, and one for each incident and case that got alerts, naming them."""
    entries = [NewEvent("incident.open", incident, opening_data(incident)) for incident in gathered.new]
    matches = {row.alert_id: match_data(row) for row in gathered.rows}
    alerts_by_case: dict[int, list[str]] = defaultdict(list)
    for incident in [*gathered.new, *gathered.joined.values()]:
        alerts = [alert.alert_id for alert in gathered.alerts[id(incident)]]
        ids = [str(pk) for pk in alerts]
        data: dict[str, Canonical] = {"alerts": ids, "matches": [matches[pk] for pk in alerts]}
        entries.append(NewEvent("incident.alert_add", incident, data))
        if incident.case_id:
            alerts_by_case[incident.case_id] += ids
    history.bulk_update(list(cases.values()), fields=FACT_FIELDS, actor=actor, reason="Alerts added")
    entries += [NewEvent("case.alert_add", cases[pk], {"alerts": ids}) for pk, ids in alerts_by_case.items()]
    record_many(actor=actor, entries=entries)


def opening_data(incident: Incident) -> dict[str, str | None]:
    """What the event says of an incident that was opened."""
    return {
        "reference": incident.reference, "account": str(incident.account_id) if incident.account_id else None,
        "customer": str(incident.customer_id) if incident.customer_id else None, "typology": incident.typology,
        "queue": str(incident.queue_id), "origin": incident.origin,
        "predecessor": str(incident.predecessor_id) if incident.predecessor_id else None,
        "delivery": str(incident.delivery_id) if incident.delivery_id else None,
    }  # fmt: skip
