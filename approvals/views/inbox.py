from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.errors import Invalid
from finobs.core.lists import list_page

from .. import selectors

TABS: Final = {
    "": ("For me", selectors.inbox),
    "own": ("Asked by me", selectors.requests_own),
    "all": ("All I may see", selectors.requests_visible),
}


@login_required
@require_GET
def inbox(request: SignedInRequest) -> HttpResponse:
    """Requests that wait for this person, that they asked for, or that they may see."""
    tab = request.GET.get("show", "")
    if tab not in TABS:
        raise Invalid(fields={"show": ["There is no such list of requests."]})
    tabs = [(name, label) for name, (label, _) in TABS.items()]
    return list_page(
        request, "approvals/inbox.html", TABS[tab][1](request.user), parameters=["show"], tab=tab, tabs=tabs
    )
