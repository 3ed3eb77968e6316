from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page

from .. import selectors

MAX_CUSTOMER_CASES = 20


@login_required
@require_GET
def customer_cases(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest cases about a customer's accounts, for the customer's page."""
    customer, rows = selectors.customer_cases(request.user, pk)
    context = {"customer": customer, "rows": rows.order_by("-id")[:MAX_CUSTOMER_CASES]}
    return render_page(request, "cases/customer_cases.html", context, partial="rows")
