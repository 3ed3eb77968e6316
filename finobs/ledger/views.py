"""Pages of the ledger: all of them only read."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from finobs.core.errors import Invalid
from finobs.core.forms import submit_for_result
from finobs.core.http import render_page
from finobs.core.lists import list_page
from finobs.core.pagination import paginate
from finobs.core.parameters import refuse_unknown

from . import filters, forms, selectors
from .proofs import ConsistencyProof, InclusionProof


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
    context = {
        "event": event,
        "subject": selectors.event_subject(request.user, event),
        "content": selectors.event_text(request.user, event),
        "proof": selectors.inclusion_proof_if_sealed(request.user, event),
    }
    return render_page(request, "ledger/event_detail.html", context)


@require_safe
@login_required
def event_proof(request: HttpRequest, uid: UUID) -> HttpResponse:
    """That an event is in the log, to copy, to download, and to check elsewhere."""
    event = selectors.event_get(request.user, uid)
    form = forms.InclusionProofForm(request.GET)
    refuse_unknown(request.GET, form.fields)
    status, proof = submit_for_result(form, partial(selectors.inclusion_proof, request.user, event))
    context = {"event": event, "form": form, "proof": proof, "sizes": selectors.checkpoints_offered(request.user)}
    return render_page(request, "ledger/event_proof.html", context, status=status)


@require_safe
@login_required
def event_proof_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The same as a file. The sizes that the page refuses are refused here with the same words."""
    event = selectors.event_get(request.user, uid)
    form = forms.InclusionProofForm(request.GET)
    refuse_unknown(request.GET, form.fields)
    return _file(selectors.inclusion_proof(request.user, event, **_sizes(form)))


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
def consistency_proof(request: HttpRequest) -> HttpResponse:
    """That the log of one checkpoint extends that of an older one, to copy, to download, and to check elsewhere."""
    sizes = selectors.checkpoints_offered(request.user)
    form = forms.ConsistencyProofForm(request.GET or None)
    refuse_unknown(request.GET, form.fields)
    status, proof = HTTPStatus.OK, None
    if form.is_bound:
        status, proof = submit_for_result(form, partial(_consistency, request.user))
    context = {"form": form, "proof": proof, "sizes": sizes}
    return render_page(request, "ledger/consistency_proof.html", context, status=status)


@require_safe
@login_required
def consistency_proof_file(request: HttpRequest) -> HttpResponse:
    """The same as a file."""
    form = forms.ConsistencyProofForm(request.GET)
    refuse_unknown(request.GET, form.fields)
    return _file(_consistency(request.user, **_sizes(form)))


@require_safe
@login_required
def timeline(request: HttpRequest, subject_type: str, subject_id: str) -> HttpResponse:
    """The ledger's story of one subject, for whoever may see the subject. A fragment, and a page without htmx."""
    refuse_unknown(request.GET, {"cursor"})
    rows = selectors.timeline(request.user, subject_type, subject_id)
    page = paginate(rows, order=("-id",), cursor=request.GET.get("cursor", ""), limit=20)
    context = {"page": page, "subject_type": subject_type, "subject_id": subject_id,
               "may_open": selectors.may_open_events(request.user)}  # fmt: skip
    return render_page(request, "ledger/timeline.html", context, partial="timeline")


def _consistency(user: Any, **sizes: Any) -> ConsistencyProof:
    return selectors.consistency_proof(user, sizes["from"], sizes["to"])


def _sizes(form: Form) -> dict[str, Any]:
    if not form.is_valid():
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return form.cleaned_data


def _file(proof: InclusionProof | ConsistencyProof) -> HttpResponse:
    disposition = f'attachment; filename="{proof.file_name}"'
    return HttpResponse(proof.text, content_type="application/json", headers={"Content-Disposition": disposition})
