from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import selectors
from ..filters import TransactionFilter
from ..parties.resolution_selectors import resolved_customers
from ..presentation import attributes_of, payment_parties


@login_required
@require_GET
def transaction_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.transactions_visible(request.user)
    return list_page(request, "transactions/transaction_list.html", rows, filter_set=TransactionFilter)


@login_required
@require_GET
def transaction_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    row = selectors.transaction_get(request.user, pk)
    customers = resolved_customers(request.user, [row.counterparty_id])
    context = {
        "row": row, "digest": bytes(row.digest).hex(), "parties": payment_parties(row),
        "attributes": attributes_of(row), "resolved_customer": customers.get(row.counterparty_id or 0),
    }  # fmt: skip
    return render_page(request, "transactions/transaction_detail.html", context)
