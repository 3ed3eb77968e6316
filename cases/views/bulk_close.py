from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit_for_result
from finobs.core.http import render_page
from finobs.core.lists import filter_context
from finobs.core.parameters import filter_names, refuse_unknown
from finobs.core.versions import NO_VERSION

from .. import selectors, services
from ..choices import ItemKind
from ..filters import IncidentFilter
from ..forms import BulkCloseForm
from ..models import Queue
from ..services.incidents_close import MAX_BULK, BulkResult
from .page import ITEM_ORDER

# Of a longer queue the most urgent are offered; more are closed by the API.
MAX_CHOICES = 200


@login_required
@require_http_methods(["GET", "POST"])
def incidents_close(request: SignedInRequest, slug: str) -> HttpResponse:
    """One conclusion for many incidents of a queue: which, then what would be closed, and what not and why."""
    queue = selectors.queue_get(request.user, slug)
    names, repeatable = filter_names(IncidentFilter)
    refuse_unknown(request.GET, {"incident", *names}, {"incident", *repeatable})
    versions = _chosen((request.POST if request.method == "POST" else request.GET).getlist("incident")[:MAX_BULK])
    if not versions:
        return _choose(request, queue)
    preview = selectors.bulk_close_preview(request.user, queue, list(versions))
    is_sent = request.method == "POST" and "disposition" in request.POST
    form = BulkCloseForm(request.POST if is_sent else None, typologies={each.typology for each in preview.closable})
    status = 200
    if is_sent:
        close = partial(services.incidents_close, actor=request.user, items=preview.closable, versions=versions)
        status, result = submit_for_result(form, close)
        if result is not None:
            messages.success(request, _message(result))
            return redirect(reverse("cases:queue-triage", args=[slug]))
    context = {"queue": queue, "kind": ItemKind.INCIDENT, "preview": preview, "form": form}
    return render_page(request, "cases/bulk_close.html", context, status=status)


def _chosen(texts: Sequence[str]) -> dict[str, int]:
    """References with the version that the preview showed: "I-2026-000001@3"; without, nothing has been looked at."""
    pairs = (text.partition("@") for text in texts)
    return {name: int(number) if number.isdecimal() and len(number) < 10 else NO_VERSION for name, _, number in pairs}


def _choose(request: SignedInRequest, queue: Queue) -> HttpResponse:
    """The open incidents under the filters of the address, to choose from."""
    rows = selectors.with_names(request.user, selectors.queue_items(request.user, queue, ItemKind.INCIDENT))
    context = filter_context(request, IncidentFilter, rows, ("typology", "status", "account", "holder"), {})
    is_valid = context["filter"].is_valid()
    chosen = context["filter"].qs.order_by(*ITEM_ORDER)[:MAX_CHOICES] if is_valid else []
    status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
    return render_page(request, "cases/bulk_choose.html", {"queue": queue, "rows": chosen, **context}, status=status)


def _message(result: BulkResult) -> str:
    parts = [f"{len(result.closed):,} closed"]
    if result.approvals:
        parts.append(f"{len(result.approvals):,} sent for approval")
    if result.skipped:
        reference, why = result.skipped[0]
        parts.append(f"{len(result.skipped):,} left ({reference}: {why})")
    return ", ".join(parts) + "."
