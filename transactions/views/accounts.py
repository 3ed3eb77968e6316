from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.pagination import count

from .. import selectors, services
from ..account_changes import account_changes
from ..filters import AccountFilter
from ..forms import AccountForm
from ..parties import selectors as party_selectors
from ..parties.resolution_selectors import attach_customers

MAX_MARKS = 200


@login_required
@require_GET
def account_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.accounts_visible(request.user)
    return list_page(request, "transactions/account_list.html", rows, filter_set=AccountFilter)


@login_required
@require_GET
def account_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    account = selectors.account_get(request.user, pk)
    activity = selectors.account_activity(request.user, account)
    attach_customers(request.user, activity["rows"])
    row_count = count(selectors.account_transactions(request.user, account))
    parties = party_selectors.account_parties(request.user, account)[: party_selectors.MAX_TIES]
    context = {
        "account": account, "row_count": row_count, "parties": parties,
        "actions": selectors.party_actions(request.user, account),
        "changes": account_changes(account), **activity,
    }  # fmt: skip
    return render_page(request, "transactions/account_detail.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def account_change(request: SignedInRequest, pk: int) -> HttpResponse:
    details = selectors.account_details_to_change(request.user, pk)
    form = AccountForm(request.POST or None, details=details)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = submit(form, partial(services.account_change, actor=request.user, details=details))
        if status == HTTPStatus.OK:
            messages.success(request, "Changed.")
            return redirect("transactions:account-detail", pk)
    back = reverse("transactions:account-detail", args=[pk])
    context = {"form": form, "party": details.account, "noun": "account", "back": back}
    return render_page(request, "transactions/party_change.html", context, status=status)


@login_required
@require_GET
def account_activity(request: SignedInRequest, pk: int) -> HttpResponse:
    """The chart over 90 days with its table; `mark` names transactions to point out (several, or with commas)."""
    account = selectors.account_get(request.user, pk)
    activity = selectors.account_activity(request.user, account, _marks(request.GET))
    attach_customers(request.user, activity["rows"])
    context = {"account": account, **activity}
    return render_page(request, "transactions/account_activity.html", context, partial="activity")


def _marks(query: QueryDict) -> set[int]:
    texts = ",".join(query.getlist("mark")).split(",")[:MAX_MARKS]
    return {int(text) for text in texts if text.isdecimal() and len(text) < 19}
