from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from detection.alerts.urgency import urgency
from detection.choices import Outcome
from detection.models import Alert
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock, gate, history
from finobs.core.db.ids import reserve
from finobs.core.service import service
from finobs.ledger.services import NewEvent, record_many
from transactions.models import Account

from .. import priority
from ..choices import CaseStatus
from ..models import Case, CaseAlert, Incident, Queue
from .queue_create import ensure_default_queue

INCIDENT_GAP = timedelta(hours=24)
Key = tuple[int, str]
UPDATED_FIELDS = (
    "alert_count", "block_count", "urgency", "amounts", "priority", "priority_parts", "updated_at",
)  # fmt: skip


@dataclass(slots=True)
class NewAlert:
    """An alert with what grouping needs of its transaction."""

    alert_id: int
    key: Key
    outcome: str
    urgency: float | None
    occurred_at: datetime
    amount_minor: int
    currency: str


@dataclass(slots=True)
class Grouping:
    """What one call makes and changes, written together at the end."""

    cases: dict[Key, Case]
    new_cases: list[Case]
    incidents: dict[Key, list[Incident]] = field(default_factory=lambda: defaultdict(list))
    new_incidents: list[Incident] = field(default_factory=list)
    updated_incidents: dict[int, Incident] = field(default_factory=dict)
    rows: list[CaseAlert] = field(default_factory=list)


@service
def group_alerts(*, alerts: Sequence[Alert]) -> None:
    """Put each new alert into an incident and a case: one open case for each account and typology.

    Who: finobs itself, in the transaction of the ingest that raised the alerts. Alerts grouped already are left
    where they are; a closed case is not opened again. Records: case.open, case.alert_add. A closing that waits for
    approval becomes void. The number of queries does not depend on the number of alerts.
    """
    new_alerts = _new(alerts)
    if not new_alerts:
        return
    actor = system_actor("group-alerts")
    _lock_accounts(new_alerts)
    grouping = _cases(new_alerts)
    _incidents(new_alerts, grouping)
    _add_alerts(new_alerts, grouping)
    _write(grouping, actor)
    _record(new_alerts, grouping, actor)
    for case in grouping.cases.values():
        if case.status == CaseStatus.AWAITING_APPROVAL:
            gate.subject_changed(actor=actor, subject=case)


def _new(alerts: Sequence[Alert]) -> list[NewAlert]:
    ids = [alert.pk for alert in alerts]
    rows = Alert.objects.filter(pk__in=ids, case_alert__isnull=True).order_by("transaction__occurred_at", "pk")
    names = (
        "pk", "account_id", "typology", "outcome", "parameters",
        "transaction__occurred_at", "transaction__amount_minor", "transaction__currency",
    )  # fmt: skip
    return [NewAlert(row[0], (row[1], row[2]), row[3], urgency(row[4]), *row[5:]) for row in rows.values_list(*names)]


def _lock_accounts(alerts: Iterable[NewAlert]) -> None:
    # Two batches for one account wait for each other, or both would open a case. In the order of their keys, so that
    # they cannot wait in a circle; NO KEY, so that rows may go on referring to the account meanwhile.
    ids = {alert.key[0] for alert in alerts}
    locked = Account.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk", flat=True))


def _cases(alerts: Sequence[NewAlert]) -> Grouping:
    """Open cases, locked, and new ones for the keys that have none."""
    keys = dict.fromkeys(alert.key for alert in alerts)
    open_cases = (
        Case.objects.filter(account_id__in={key[0] for key in keys}, typology__in={key[1] for key in keys})
        .exclude(status=CaseStatus.CLOSED)
        .order_by("pk")
        .select_for_update()
    )
    cases = {(case.account_id, case.typology): case for case in open_cases}
    cases = {key: case for key, case in cases.items() if key in keys}
    new_cases = _open([key for key in keys if key not in cases])
    return Grouping(cases | {(case.account_id, case.typology): case for case in new_cases}, new_cases)


def _open(keys: Sequence[Key]) -> list[Case]:
    if not keys:
        return []
    routes = {typology: queue for queue in Queue.objects.all() for typology in queue.typologies}
    fallback = ensure_default_queue() if any(key[1] not in routes for key in keys) else None
    at = clock.now()
    return [
        Case(
            pk=number, reference=reference("C", at.year, number), account_id=account_id, typology=typology,
            queue=routes.get(typology, fallback), opened_at=at, created_at=at, updated_at=at,
        )
        for number, (account_id, typology) in zip(reserve(Case, len(keys)), keys, strict=True)
    ]  # fmt: skip


def _incidents(alerts: Sequence[NewAlert], grouping: Grouping) -> None:
    """Each alert, in order of time, joins the burst it is within a day of, or begins one."""
    at = clock.now()
    new = {case.pk for case in grouping.new_cases}
    near = Incident.objects.filter(
        case_id__in=[case.pk for case in grouping.cases.values() if case.pk not in new],
        last_at__gte=alerts[0].occurred_at - INCIDENT_GAP,
        first_at__lte=alerts[-1].occurred_at + INCIDENT_GAP,
    ).select_related("case")
    for incident in near.order_by("pk"):
        grouping.incidents[(incident.case.account_id, incident.case.typology)].append(incident)
    for alert in alerts:
        incident = _incident_for(grouping, alert, at)
        incident.first_at = min(incident.first_at, alert.occurred_at)
        incident.last_at = max(incident.last_at, alert.occurred_at)
        incident.alert_count += 1
        grouping.rows.append(
            CaseAlert(alert_id=alert.alert_id, incident=incident, case=grouping.cases[alert.key], grouped_at=at)
        )
    _number(grouping.new_incidents, at)


def _incident_for(grouping: Grouping, alert: NewAlert, at: datetime) -> Incident:
    for incident in grouping.incidents[alert.key]:
        if incident.first_at - INCIDENT_GAP <= alert.occurred_at <= incident.last_at + INCIDENT_GAP:
            if incident.pk:
                incident.updated_at = at
                grouping.updated_incidents[incident.pk] = incident
            return incident
    incident = Incident(
        case=grouping.cases[alert.key], first_at=alert.occurred_at, last_at=alert.occurred_at,
        created_at=at, updated_at=at,
    )  # fmt: skip
    grouping.incidents[alert.key].append(incident)
    grouping.new_incidents.append(incident)
    return incident


def _number(incidents: Sequence[Incident], at: datetime) -> None:
    for number, incident in zip(reserve(Incident, len(incidents)), incidents, strict=True):
        incident.pk, incident.reference = number, reference("I", at.year, number)


def _add_alerts(alerts: Iterable[NewAlert], grouping: Grouping) -> None:
    at = clock.now()
    for alert in alerts:
        case = grouping.cases[alert.key]
        case.alert_count += 1
        case.block_count += alert.outcome == Outcome.BLOCK
        case.urgency = max((each for each in (case.urgency, alert.urgency) if each is not None), default=None)
        sum_ = int(case.amounts.get(alert.currency, 0)) + abs(alert.amount_minor)
        case.amounts = case.amounts | {alert.currency: str(sum_)}
    for case in grouping.cases.values():
        prioritise(case, at)
        case.updated_at = at


def prioritise(case: Case, at: datetime) -> bool:
    """Work out the priority anew; say whether it changed."""
    amounts = {currency: int(minor) for currency, minor in case.amounts.items()}
    parts = priority.parts(
        priority.PriorityFacts(case.urgency, case.block_count, case.alert_count, amounts, case.opened_at), at
    )
    if parts == case.priority_parts:
        return False
    case.priority, case.priority_parts = priority.total(parts), parts
    return True


def _write(grouping: Grouping, actor: User) -> None:
    new = {case.pk for case in grouping.new_cases}
    existing = [case for case in grouping.cases.values() if case.pk not in new]
    history.bulk_create(grouping.new_cases, actor=actor, reason="Opened")
    history.bulk_update(existing, fields=UPDATED_FIELDS, actor=actor, reason="Alerts added")
    history.bulk_create(grouping.new_incidents, actor=actor, reason="Opened")
    updated_incidents = list(grouping.updated_incidents.values())
    fields = ("first_at", "last_at", "alert_count", "updated_at")
    history.bulk_update(updated_incidents, fields=fields, actor=actor, reason="Alerts added")
    for row in grouping.rows:
        row.incident_id = row.incident.pk
    CaseAlert.objects.bulk_create(grouping.rows)


def _record(alerts: Iterable[NewAlert], grouping: Grouping, actor: User) -> None:
    """One event for each case opened, and one for each case that got alerts, naming them."""
    ids: dict[Key, list[str]] = defaultdict(list)
    for alert in alerts:
        ids[alert.key].append(str(alert.alert_id))
    entries = [
        NewEvent(
            "case.open", case,
            {"reference": case.reference, "account": str(case.account_id), "typology": case.typology,
             "queue": str(case.queue_id)},
        )
        for case in grouping.new_cases
    ]  # fmt: skip
    entries += [
        NewEvent("case.alert_add", grouping.cases[key], {"alerts": alert_ids}, related=grouping.incidents[key])
        for key, alert_ids in ids.items()
    ]
    record_many(actor=actor, entries=entries)


def reference(letter: str, year: int, number: int) -> str:
    """How people name a case or an incident.

    >>> reference("C", 2026, 123)
    'C-2026-000123'
    """
    return f"{letter}-{year}-{number:06d}"
