from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.lists import list_page

from .. import selectors
from ..filters import ExchangeRateFilter


@login_required
@require_GET
def exchange_rate_list(request: SignedInRequest) -> HttpResponse:
    """Rates, the newest day first."""
    rows = selectors.exchange_rates_visible(request.user)
    return list_page(
        request, "transactions/exchange_rate_list.html", rows, filter_set=ExchangeRateFilter, order=("-date", "-id")
    )
