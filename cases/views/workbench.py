from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest

from .. import selectors
from .page import workbench


@login_required
@require_GET
def queue_work(request: SignedInRequest, slug: str, kind: str) -> HttpResponse:
    """A queue: its cases (or incidents: `kind`) by priority, and room for the one that is opened."""
    return workbench(request, selectors.queue_get(request.user, slug), kind)


@login_required
@require_GET
def item_detail(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """An incident or a case, with the list of its queue beside it."""
    item = selectors.item_get(request.user, kind, reference)
    return workbench(request, item.queue, kind, item)
