from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.navigation import stands_under

from .. import selectors


@login_required
@require_GET
def item_queues(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """The queues that an incident or a case lay in: a card of its page, which is fetched when it is opened."""
    stands_under(request, "cases:queue-list")
    item = selectors.item_get(request.user, kind, reference)
    context = {"item": item, "kind": kind, "entries": selectors.item_entries(request.user, item)}
    return render_page(request, "cases/item_queues.html", context, partial="entries")
