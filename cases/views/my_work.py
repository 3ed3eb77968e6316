from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from approvals import selectors as approvals
from finobs.accounts.requests import SignedInRequest
from finobs.core import navigation
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.pagination import count, paginate
from finobs.core.parameters import refuse_unknown

from .. import selectors
from .page import ITEM_ORDER

MAX_APPROVALS = 10
MAX_INCIDENTS = 50
QUEUE_ORDER = ("name", "id")


@login_required
@require_GET
def my_work(request: SignedInRequest) -> HttpResponse:
    """Where the day starts: what I hold, what waits for my decision, and the queues I may take from."""
    refuse_unknown(request.GET, {"cursor"})
    mine, waiting = selectors.my_work(request.user), approvals.inbox(request.user)
    incidents = selectors.my_incidents(request.user)
    context = {
        "page": paginate(mine, order=ITEM_ORDER, cursor=request.GET.get("cursor", "")),
        "row_count": count(mine),
        "incidents": list(incidents.order_by(*ITEM_ORDER)[:MAX_INCIDENTS]),
        "incident_count": count(incidents),
        "queues": selectors.queues_visible(request.user),
        "workable": selectors.queues_workable(request.user),
        "waiting": list(waiting[:MAX_APPROVALS]),
        "waiting_count": count(waiting, navigation.MAX_COUNT),
    }
    return render_page(request, "cases/my_work.html", context)


@login_required
@require_GET
def queue_list(request: SignedInRequest) -> HttpResponse:
    return list_page(request, "cases/queue_list.html", selectors.queues_visible(request.user), order=QUEUE_ORDER)


@login_required
@require_GET
def search(request: SignedInRequest) -> HttpResponse:
    """Cases by reference, incident, account or alerted transaction."""
    text = request.GET.get("q", "").strip()[:100]
    rows = selectors.search(request.user, text)
    return list_page(request, "cases/search.html", rows, order=ITEM_ORDER, parameters=["q"], text=text)
