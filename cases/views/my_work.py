from __future__ import annotations

from typing import Any

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
from transactions.parties.suggestions import Suggestion, accounts_suggested, customers_suggested

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
    user = request.user
    mine, waiting = selectors.with_names(user, selectors.my_work(user)), approvals.inbox(user)
    incidents = selectors.with_names(user, selectors.my_incidents(user))
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
    """Cases and incidents by reference, customer, account or alerted transaction; where there is none of that name, the
    customers and accounts that may be meant: a part of a name has no index."""
    user, text = request.user, request.GET.get("q", "").strip()[:100]
    rows = selectors.with_names(user, selectors.search(user, text))
    incidents = list(selectors.incidents_named_by(user, text).order_by(*ITEM_ORDER)[: MAX_INCIDENTS + 1])
    parties = [] if incidents or rows.exists() else _parties(user, text)
    context: dict[str, Any] = {
        "text": text, "parties": parties, "incidents": incidents[:MAX_INCIDENTS],
        "more_incidents": len(incidents) > MAX_INCIDENTS, "is_other_found": bool(incidents or parties),
    }  # fmt: skip
    return list_page(request, "cases/search.html", rows, order=ITEM_ORDER, parameters=["q"], **context)


def _parties(user: Any, text: str) -> list[tuple[str, str, list[Suggestion]]]:
    """Title, page and what was found, of customers and of accounts, where any was."""
    groups = (
        ("Customers", "transactions:customer-detail", customers_suggested(user, text)),
        ("Accounts", "transactions:account-detail", accounts_suggested(user, text)),
    )
    return [each for each in groups if each[-1]]
