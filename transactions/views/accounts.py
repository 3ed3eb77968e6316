from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.pagination import count

from .. import selectors
from ..filters import AccountFilter

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
    row_count = count(selectors.account_transactions(request.user, account))
    return render_page(
        request, "transactions/account_detail.html", {"account": account, "row_count": row_count, **activity}
    )


@login_required
@require_GET
def account_activity(request: SignedInRequest, pk: int) -> HttpResponse:
    """The chart over 90 days with its table; `mark` names transactions to point out (several, or with commas)."""
    account = selectors.account_get(request.user, pk)
    activity = selectors.account_activity(request.user, account, _marks(request.GET))
    context = {"account": account, **activity}
    return render_page(request, "transactions/account_activity.html", context, partial="activity")


def _marks(query: QueryDict) -> set[int]:
    texts = ",".join(query.getlist("mark")).split(",")[:MAX_MARKS]
    return {int(text) for text in texts if text.isdecimal() and len(text) < 19}
