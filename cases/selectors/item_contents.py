"""What belongs to an incident or a case: its alerts, notes, queues, faults, and what else is about the same."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from detection.models import Alert
from finobs.core import access
from finobs.core.db.literals import among
from finobs.core.reads import first_or_not_found
from transactions.deliveries import selectors as deliveries
from transactions.models import DeliveryFault

from .. import workflow
from ..choices import ItemKind
from ..models import Case, CaseSubject, Incident, Note, QueueEntry, WorkItem
from ..queries import cases_about, subject_ids
from ..timeline import item_timeline
from .items import case_get, incident_get, incidents_listed


def item_alerts(user: Any, item: WorkItem) -> QuerySet[Alert]:
    """The alerts of an incident or a case, newest first, with their transactions, what raised them, and what gathered
    them."""
    # By the alert's own policy too: the role that reads cases need not read alerts.
    rows = access.restrict(Alert.objects.filter(**{f"case_alert__{item.KIND}": item}), user, "view")
    return rows.select_related(
        "account", "customer", "transaction__account", "transaction__counterparty", "external__source",
        "rule_version__rule", "model_version", "case_alert__incident", "case_alert__case", "case_alert__policy_version",
    ).defer(
        "external__payload_text", "model_version__artefact", "model_version__metrics",
        "case_alert__policy_version__content",
    ).order_by("-pk")  # fmt: skip


def item_notes(user: Any, item: WorkItem) -> QuerySet[Note]:
    """The notes of an incident or a case, oldest first; of a case also those of the incidents escalated to it."""
    if not access.allowed(user, "view", item):
        return Note.objects.none()
    own = Q(**{item.KIND: item})
    if isinstance(item, Case):
        # By their keys: for a condition on another table PostgreSQL reads every note.
        own |= Q(incident__in=list(item.incidents.values_list("pk", flat=True)))
    return Note.objects.filter(own).select_related("author", "incident").order_by("pk")


def item_entries(user: Any, item: WorkItem) -> QuerySet[QueueEntry]:
    """The queues that an item lay in, the first first."""
    if not access.allowed(user, "view", item):
        return QueueEntry.objects.none()
    rows = QueueEntry.objects.filter(**{item.KIND: item})
    return rows.select_related("queue", "routing_version__policy").order_by("pk")


def case_timeline(user: Any, reference: str) -> dict[str, Any]:
    """What happened to a visible case, as `entries`. Raises NotFound."""
    return {"entries": item_timeline(user, case_get(user, reference))}


def incident_timeline(user: Any, reference: str) -> dict[str, Any]:
    """What happened to a visible incident, as `entries`. Raises NotFound."""
    return {"entries": item_timeline(user, incident_get(user, reference))}


def case_incidents(user: Any, case: Case) -> QuerySet[Incident]:
    return incidents_listed(user).filter(case=case).prefetch_related(None)


def item_faults(user: Any, item: WorkItem) -> QuerySet[DeliveryFault]:
    """The faults of the delivery that an incident is about, for whoever may see it; none of other items."""
    about = item.delivery_id if isinstance(item, Incident) else None
    return deliveries.faults_visible(user).filter(delivery=about) if about else DeliveryFault.objects.none()


def case_subjects(user: Any, case: Case) -> QuerySet[CaseSubject]:
    """Whom a case is about, in the order in which they were added. Whoever sees the case sees their ids."""
    rows = CaseSubject.objects.filter(case=case) if access.allowed(user, "view", case) else CaseSubject.objects.none()
    return rows.select_related("customer", "account").order_by("pk")


def case_subject_get(user: Any, case: Case, pk: int) -> CaseSubject:
    """One subject of a case. Raises NotFound."""
    return first_or_not_found(case_subjects(user, case).filter(pk=pk))


def open_incidents_about(user: Any, item: WorkItem) -> QuerySet[Incident]:
    """Unfinished incidents on the subjects of an item, but for itself."""
    subjects = subject_ids(item)
    same = Q(account__in=subjects.accounts) | Q(customer__in=subjects.customers)
    rows = incidents_listed(user).filter(same, among("status", workflow.UNFINISHED)).prefetch_related(None)
    return rows.exclude(pk=item.pk) if item.KIND == ItemKind.INCIDENT else rows


def open_cases_about(user: Any, incident: Incident) -> QuerySet[Case]:
    """Cases that an incident can be escalated into: those being worked that its subject is a subject of."""
    same = cases_about(*subject_ids(incident))
    rows = access.restrict(Case.objects.all(), user, "work").select_related("account", "queue")
    return rows.filter(pk__in=same, status__in=workflow.WORKABLE, unit=incident.unit_id).order_by("-pk")
