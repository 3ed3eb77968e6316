from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit_for_result
from finobs.core.http import render_page

from .. import selectors, services
from ..forms import IncidentForm


@login_required
@require_http_methods(["GET", "POST"])
def incident_open(request: SignedInRequest) -> HttpResponse:
    """A referral: what somebody saw, told to the queue that is to look at it."""
    user = request.user
    queues = selectors.queues_workable(user)
    form = IncidentForm(request.POST or None, user=user, queues=queues)
    status = HTTPStatus.OK
    if request.method == "POST":
        status, incident = submit_for_result(form, partial(services.incident_open, actor=user))
        if incident is not None:
            messages.success(request, f"{incident.reference} is open.")
            return redirect(reverse("cases:incident-detail", args=[incident.reference]))
    return render_page(request, "cases/incident_open.html", {"form": form, "queues": queues}, status=status)
