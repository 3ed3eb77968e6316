"""Fragments for the pages of customers and accounts, which know nothing of cases."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page

from .. import selectors

MAX_ITEMS = 20


@login_required
@require_GET
def customer_items(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    """The newest cases (or incidents: `kind`) about a customer or their accounts, for the customer's page."""
    customer, rows = selectors.customer_items(request.user, pk, kind)
    context = {"about": customer.name or str(customer), "kind": kind, "rows": rows.order_by("-id")[:MAX_ITEMS]}
    return render_page(request, "cases/subject_items.html", context, partial="rows")


@login_required
@require_GET
def account_items(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    """The newest cases (or incidents: `kind`) about an account, for the account's page."""
    account, rows = selectors.account_items(request.user, pk, kind)
    context = {"about": f"account {account}", "kind": kind, "rows": rows.order_by("-id")[:MAX_ITEMS]}
    return render_page(request, "cases/subject_items.html", context, partial="rows")
