from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.pagination import count

from .. import selectors, services
from ..filters import CounterpartyFilter
from ..forms import CounterpartyForm
from ..parties.resolution_selectors import counterparty_resolutions, resolution_actions

MAX_NEWEST = 25
# The customer's page names the customer by number; nobody would type one.
FILTERS_OFFERED = [name for name in CounterpartyFilter.base_filters if name != "customer"]


@login_required
@require_GET
def counterparty_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.counterparties_visible(request.user)
    return list_page(
        request, "transactions/counterparty_list.html", rows, filter_set=CounterpartyFilter, fields=FILTERS_OFFERED
    )


@login_required
@require_GET
def counterparty_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What is known of it, the names that rows give it, whom it is resolved to, and its newest transactions."""
    counterparty = selectors.counterparty_get(request.user, pk)
    rows = selectors.counterparty_transactions(request.user, counterparty)
    resolutions = counterparty_resolutions(request.user, counterparty)
    context = {
        "counterparty": counterparty, "resolutions": resolutions,
        "resolution": next((each for each in resolutions if each.withdrawn_at is None), None),
        "names": selectors.counterparty_names(request.user, counterparty), "row_count": count(rows),
        "rows": rows.order_by("-occurred_at", "-id")[:MAX_NEWEST],
        "actions": [
            *selectors.party_actions(request.user, counterparty),
            *resolution_actions(request.user, counterparty, resolutions),
        ],
    }  # fmt: skip
    return render_page(request, "transactions/counterparty_detail.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def counterparty_change(request: SignedInRequest, pk: int) -> HttpResponse:
    details = selectors.counterparty_details_to_change(request.user, pk)
    form = CounterpartyForm(request.POST or None, details=details)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = submit(form, partial(services.counterparty_change, actor=request.user, details=details))
        if status == HTTPStatus.OK:
            messages.success(request, "Changed.")
            return redirect("transactions:counterparty-detail", pk)
    context = {
        "form": form,
        "party": details.counterparty,
        "noun": "counterparty",
        "back": reverse("transactions:counterparty-detail", args=[pk]),
    }
    return render_page(request, "transactions/party_change.html", context, status=status)
