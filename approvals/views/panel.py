from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.identity import preload

from .. import selectors
from .presenters import request_card

MAX_CARDS = 5


@login_required
@require_GET
def panel(request: SignedInRequest, subject_type: str, subject_id: int) -> HttpResponse:
    """The latest requests about one subject: a fragment of that subject's page, and a page of its own without htmx."""
    latest = list(selectors.requests_of(request.user, subject_type, subject_id)[:MAX_CARDS])
    preload(latest)
    preload([decision for each in latest for decision in each.decisions.all()])
    cards = [request_card(request.user, each) for each in latest]
    return render_page(request, "approvals/panel.html", {"cards": cards}, partial="panel")
