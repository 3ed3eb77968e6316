"""Whom a counterparty is: looked for and said on a page of its own, and taken back on another."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from finobs.accounts.models import User
from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit
from finobs.core.http import render_page
from finobs.core.parameters import refuse_unknown

from ..models import Counterparty
from ..selectors import counterparty_get
from . import resolution_selectors, selectors, services
from .forms import CounterpartyResolveForm, CounterpartyUnresolveForm, CustomerSearchForm
from .moments import asked_moments
from .resolution_candidates import resolution_candidates


@login_required
@require_http_methods(["GET", "POST"])
def counterparty_resolve(request: SignedInRequest, pk: int) -> HttpResponse:
    """First who it may be: suggestions, and those whom `text` names; then the one that is chosen, with the reason."""
    refuse_unknown(request.GET, ("text",))
    user = request.user
    counterparty = resolution_selectors.counterparty_to_resolve(user, counterparty_get(user, pk))
    search = CustomerSearchForm(request.GET)
    status = HTTPStatus.OK if search.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    text = search.cleaned_data.get("text", "")
    candidates = resolution_candidates(user, counterparty, text)
    form = CounterpartyResolveForm(request.POST or None, candidates=candidates)
    if request.method == "POST":
        status = submit(form, partial(_resolve, user, counterparty))
        if status == HTTPStatus.OK:
            messages.success(request, "Resolved. It can be undone, and that it was said stays.")
            return redirect("transactions:counterparty-detail", pk)
    context = {"counterparty": counterparty, "search": search, "text": text, "candidates": candidates, "form": form}
    return render_page(request, "transactions/counterparty_resolve.html", context, status=status)


def _resolve(user: User, counterparty: Counterparty, *, customer: int, reason: str) -> None:
    chosen = selectors.customer_get(user, customer)
    services.counterparty_resolve(actor=user, counterparty=counterparty, customer=chosen, reason=reason)


@login_required
@require_http_methods(["GET", "POST"])
def counterparty_unresolve(request: SignedInRequest, pk: int) -> HttpResponse:
    """`pk` is of the resolution that was on the page: another that was made meanwhile stays."""
    resolution = resolution_selectors.resolution_to_withdraw(request.user, pk)
    form, status = CounterpartyUnresolveForm(request.POST or None), HTTPStatus.OK
    if request.method == "POST":
        undo = partial(services.counterparty_unresolve, actor=request.user, resolution=resolution)
        status = submit(form, undo)
        if status == HTTPStatus.OK:
            messages.success(request, "Undone. That it was thought so can still be read.")
            return redirect("transactions:counterparty-detail", resolution.counterparty_id)
    context: dict[str, Any] = {"resolution": resolution, "counterparty": resolution.counterparty, "form": form}
    return render_page(request, "transactions/counterparty_unresolve.html", context, status=status)


@login_required
@require_GET
def customer_counterparties(request: SignedInRequest, pk: int) -> HttpResponse:
    """The latest counterparties that are resolved to a customer, as was known at `known_at`."""
    refuse_unknown(request.GET, ("known_at",))
    customer = selectors.customer_get(request.user, pk)
    known_at = asked_moments(request.GET)["known_at"]
    rows, has_more = resolution_selectors.customer_counterparties(request.user, customer, known_at)
    context = {"customer": customer, "rows": rows, "has_more": has_more, "known_at": known_at}
    return render_page(request, "transactions/customer_counterparties.html", context, partial="rows")
