"""Pages of the ledger: all of them only read."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.pagination import paginate

from . import filters, selectors


@require_safe
@login_required
def event_list(request: HttpRequest) -> HttpResponse:
    """Who did what, to what, when."""
    rows, state = selectors.events_visible(request.user), selectors.seal_state(request.user)
    return list_page(request, "ledger/event_list.html", rows, filter_set=filters.EventFilter, state=state)


@require_safe
@login_required
def event_detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One event with its proof; what it says only for who may see what it speaks of."""
    event = selectors.event_get(request.user, uid)
    proof = selectors.proof_of(request.user, event)
    context = {
        "event": event,
        "subject": selectors.event_subject(request.user, event),
        "content": selectors.event_text(request.user, event),
        "proof": proof,
        "leaf": bytes(event.leaf).hex(),
        "path": [item.hex() for item in proof.path] if proof else [],
    }
    return render_page(request, "ledger/event_detail.html", context)


@require_safe
@login_required
def checkpoint_list(request: HttpRequest) -> HttpResponse:
    """Every signed statement of the tree."""
    rows, state = selectors.checkpoints_visible(request.user), selectors.seal_state(request.user)
    return list_page(
        request, "ledger/checkpoint_list.html", rows, filter_set=filters.CheckpointFilter, order=("-size",), state=state
    )


@require_safe
@login_required
def timeline(request: HttpRequest, subject_type: str, subject_id: str) -> HttpResponse:
    """The ledger's story of one subject, for whoever may see the subject. A fragment, and a page without htmx."""
    rows = selectors.timeline(request.user, subject_type, subject_id)
    page = paginate(rows, order=("-id",), cursor=request.GET.get("cursor", ""), limit=20)
    context = {"page": page, "subject_type": subject_type, "subject_id": subject_id,
               "may_open": selectors.may_open_events(request.user)}  # fmt: skip
    return render_page(request, "ledger/timeline.html", context, partial="timeline")
