from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from detection.alerts.selectors import may_explain
from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import selectors
from ..filters import IncidentFilter
from .page import MAX_ALERTS

INCIDENT_ORDER = ("-last_at", "-id")


@login_required
@require_GET
def incident_list(request: SignedInRequest) -> HttpResponse:
    """Bursts of alerts, the latest first."""
    rows, fields = selectors.incidents_visible(request.user), ("typology", "status", "account")
    return list_page(
        request, "cases/incident_list.html", rows, filter_set=IncidentFilter, fields=fields, order=INCIDENT_ORDER
    )


@login_required
@require_GET
def incident_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """One burst: its alerts, and the case that they went to."""
    incident = selectors.incident_get(request.user, reference)
    alerts = selectors.incident_alerts(request.user, incident)[:MAX_ALERTS]
    context = {"incident": incident, "case": incident.case, "alerts": alerts, "may_explain": may_explain(request.user)}
    return render_page(request, "cases/incident_detail.html", context)
