from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest

from .. import selectors
from .page import workbench


@login_required
@require_GET
def queue_work(request: SignedInRequest, slug: str) -> HttpResponse:
    """A queue: its cases by priority, and room for the one that is opened."""
    return workbench(request, selectors.queue_get(request.user, slug))


@login_required
@require_GET
def case_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """A case, with the list of its queue beside it."""
    case = selectors.case_get(request.user, reference)
    return workbench(request, case.queue, case)
