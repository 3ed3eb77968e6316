"""Items by what people know of them: a reference, an account, an alert, a delivery."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from detection.hooks import AlertLocation
from detection.models import Alert
from finobs.core import access
from transactions.hooks import DeliveryLocation
from transactions.models import Delivery

from ..models import Case, Incident
from ..queries import cases_named, incidents_named
from .items import cases_visible, incidents_visible, with_names


def search(user: Any, text: str, within: QuerySet[Case] | None = None) -> QuerySet[Case]:
    """Visible cases by their reference, or by the external id of a customer or account that they are about, or of an
    alerted transaction.

    within: only those of a list of theirs.
    """
    text, rows = text.strip()[:100], cases_visible(user) if within is None else within
    # PostgreSQL cannot be asked for NUL.
    return rows.filter(pk__in=cases_named(text)) if text and "\x00" not in text else rows.none()


def incidents_search(user: Any, text: str, within: QuerySet[Incident]) -> QuerySet[Incident]:
    """Those of `within` that `user` may see and `text` may mean: by reference, or by the id of a customer, of an
    account, of an alerted transaction or of another system's alert."""
    text, rows = text.strip()[:100], access.restrict(within, user, "view")
    # PostgreSQL cannot be asked for NUL.
    return rows.filter(pk__in=incidents_named(text)) if text and "\x00" not in text else rows.none()


def incidents_named_by(user: Any, text: str) -> QuerySet[Incident]:
    """The visible incidents that `text` may mean, with what lists show of them."""
    return with_names(user, incidents_search(user, text, incidents_visible(user)))


def alert_location(user: Any, alert: Alert) -> AlertLocation | None:
    """Where an alert is being worked, for the alert's page: its case, or else its incident; None for who may see
    neither."""
    case = cases_visible(user).filter(case_alerts__alert=alert).prefetch_related(None).first()
    if case is not None:
        return AlertLocation(label=case.reference, url=reverse("cases:case-detail", args=[case.reference]))
    incident = incidents_visible(user).filter(case_alerts__alert=alert).prefetch_related(None).first()
    if incident is None:
        return None
    return AlertLocation(label=incident.reference, url=reverse("cases:incident-detail", args=[incident.reference]))


def delivery_locations(user: Any, delivery: Delivery) -> list[DeliveryLocation]:
    """The visible incidents about a delivery, the newest first, for its page."""
    rows = access.restrict(Incident.objects.filter(delivery=delivery), user, "view").order_by("-pk")
    return [DeliveryLocation(each.reference, reverse("cases:incident-detail", args=[each.reference])) for each in rows]
