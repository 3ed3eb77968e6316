from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from finobs.accounts.requests import SignedInRequest
from finobs.core.http import render_page
from finobs.core.pagination import count, paginate

from .. import selectors

TABS: Final = {
    "": ("For me", selectors.inbox),
    "asked": ("Asked by me", selectors.requests_asked),
    "all": ("All I may see", selectors.requests_visible),
}


@login_required
@require_GET
def inbox(request: SignedInRequest) -> HttpResponse:
    """Requests that wait for this person, that they asked for, or that they may see."""
    tab = request.GET.get("show", "")
    tab = tab if tab in TABS else ""
    rows = TABS[tab][1](request.user)
    page = paginate(rows, order=("-id",), cursor=request.GET.get("cursor", ""), bound=tab)
    context = {
        "tab": tab,
        "tabs": [(name, label) for name, (label, _) in TABS.items()],
        "counted": count(rows),
        "page": page,
        "asked": [(one, selectors.action_label(one)) for one in page.items],
    }
    return render_page(request, "approvals/inbox.html", context, partial="list")
