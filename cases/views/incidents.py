from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.lists import list_page

from .. import selectors
from ..filters import IncidentFilter

INCIDENT_ORDER = ("-last_at", "-id")
FILTER_FIELDS = ("status", "typology", "account", "customer", "assignee", "unit")


@login_required
@require_GET
def incident_list(request: SignedInRequest) -> HttpResponse:
    """The incidents of all queues that one sees, the latest first."""
    rows = selectors.with_names(request.user, selectors.incidents_listed(request.user))
    return list_page(
        request, "cases/incident_list.html", rows, filter_set=IncidentFilter, fields=FILTER_FIELDS, order=INCIDENT_ORDER
    )
