"""What belongs to an incident or a case: its alerts, notes, queues, faults, and what else is about the same."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from detection.models import Alert
from finobs.core import access
from transactions.deliveries import selectors as deliveries
from transactions.models import DeliveryFault

from .. import workflow
from ..choices import ItemKind
from ..models import Case, Incident, Note, QueueEntry, WorkItem
from .items import incidents_visible


def item_alerts(user: Any, item: WorkItem) -> QuerySet[Alert]:
    """The alerts of an incident or a case, newest first, with their transactions and what raised them."""
    # By the alert's own policy too: the role that reads cases need not read alerts.
    rows = access.restrict(Alert.objects.filter(**{f"case_alert__{item.KIND}": item}), user, "view")
    return rows.select_related(
        "transaction__account", "transaction__counterparty", "external", "rule_version__rule", "model_version",
        "case_alert__incident",
    ).defer("external__payload_text", "model_version__artefact", "model_version__metrics").order_by("-pk")  # fmt: skip


def item_notes(user: Any, item: WorkItem) -> QuerySet[Note]:
    """The notes of an incident or a case, oldest first; of a case also those of the incidents escalated to it."""
    if not access.allowed(user, "view", item):
        return Note.objects.none()
    own = Q(**{item.KIND: item})
    if item.KIND == ItemKind.CASE:
        own |= Q(incident__case=item)
    return Note.objects.filter(own).select_related("author", "incident").order_by("pk")


def item_entries(user: Any, item: WorkItem) -> QuerySet[QueueEntry]:
    """The queues that an item lay in, the first first."""
    if not access.allowed(user, "view", item):
        return QueueEntry.objects.none()
    rows = QueueEntry.objects.filter(**{item.KIND: item})
    return rows.select_related("queue", "routing_version").order_by("pk")


def case_incidents(user: Any, case: Case) -> QuerySet[Incident]:
    return incidents_visible(user).filter(case=case).prefetch_related(None)


def item_faults(user: Any, item: WorkItem) -> QuerySet[DeliveryFault]:
    """The faults of the delivery that an incident is about, for whoever may see it; none of other items."""
    about = item.delivery_id if isinstance(item, Incident) else None
    return deliveries.faults_visible(user).filter(delivery=about) if about else DeliveryFault.objects.none()


def _same_subject(item: WorkItem) -> Q:
    """What is about the account or the customer of an item; nothing where it has neither."""
    same = Q(account=item.account_id) if item.account_id else Q(pk__in=[])
    return same | Q(customer=item.customer_id) if item.customer_id else same


def open_incidents_about(user: Any, item: WorkItem) -> QuerySet[Incident]:
    """Unfinished incidents on the subject of an item, but for itself; among them what arrived that it does not take."""
    rows = incidents_visible(user).filter(_same_subject(item), status__in=workflow.UNFINISHED).prefetch_related(None)
    return rows.exclude(pk=item.pk) if item.KIND == ItemKind.INCIDENT else rows


def open_cases_about(user: Any, incident: Incident) -> QuerySet[Case]:
    """Cases that an incident can be escalated into: those being worked on the same subject."""
    rows = access.restrict(Case.objects.all(), user, "work").select_related("account", "queue")
    return rows.filter(_same_subject(incident), status__in=workflow.WORKABLE, unit=incident.unit_id).order_by("-pk")
