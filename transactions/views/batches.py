from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import selectors
from ..files import FileLayout
from ..filters import BatchFilter


@login_required
@require_GET
def batch_list(request: SignedInRequest) -> HttpResponse:
    """What came in together, and what became of its rows."""
    rows = selectors.batches_visible(request.user)
    return list_page(request, "transactions/batch_list.html", rows, filter_set=BatchFilter)


@login_required
@require_GET
def batch_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = selectors.batch_get(request.user, pk)
    layout = FileLayout(**batch.layout).facts() if batch.layout else []
    context = {"batch": batch, "root": bytes(batch.root or b"").hex(), "layout": layout}
    return render_page(request, "transactions/batch_detail.html", context)
