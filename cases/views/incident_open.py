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
from finobs.core.http import is_fragment, render_page
from finobs.core.parameters import refuse_unknown
from transactions.parties.suggestions import SUGGESTED

from .. import selectors, services
from ..forms import IncidentForm


@login_required
@require_http_methods(["GET", "POST"])
def incident_open(request: SignedInRequest) -> HttpResponse:
    """A referral: what somebody saw, told to the queue that is to look at it; from a queue's page, to that one.

    While an account or a customer is typed, htmx asks for those that may be meant.
    """
    user = request.user
    refuse_unknown(request.GET, {"queue", *SUGGESTED})
    if is_fragment(request) and request.method == "GET":
        suggestions = [each for name in SUGGESTED for each in SUGGESTED[name](user, request.GET.get(name, "")[:100])]
        return render_page(request, "cases/incident_open.html", {"suggestions": suggestions}, partial="suggestions")
    queues = selectors.queues_workable(user)
    initial = {"queue": queues.filter(slug=request.GET.get("queue", "")).first()}
    form = IncidentForm(request.POST or None, user=user, queues=queues, initial=initial)
    status = HTTPStatus.OK
    if request.method == "POST":
        status, incident = submit_for_result(form, partial(services.incident_open, actor=user))
        if incident is not None:
            messages.success(request, f"{incident.reference} is open.")
            return redirect(reverse("cases:incident-detail", args=[incident.reference]))
    return render_page(request, "cases/incident_open.html", {"form": form, "queues": queues}, status=status)
