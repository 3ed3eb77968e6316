from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import selectors
from ..filters import TransactionFilter


@login_required
@require_GET
def transaction_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.transactions_visible(request.user)
    return list_page(request, "transactions/transaction_list.html", rows, filter_set=TransactionFilter)


@login_required
@require_GET
def transaction_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    row = selectors.transaction_get(request.user, pk)
    return render_page(request, "transactions/transaction_detail.html", {"row": row, "digest": bytes(row.digest).hex()})
