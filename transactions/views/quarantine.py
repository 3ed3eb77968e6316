"""Rows that could not be taken as they were: look at them, correct, release or discard them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import ReasonForm, submit
from finobs.core.http import render_page
from finobs.core.lists import filtered, list_page

from .. import selectors, services
from ..choices import QuarantineState
from ..filters import QuarantineFilter
from ..forms import CorrectForm
from ..models import Transaction
from ..presentation import detail_values
from ..quarantine_rows import quarantine_lines, quarantine_reasons

OPEN_ONLY = {"state": QuarantineState.OPEN}
# What a page shows; the rest is in the download.
MAX_RAW_BYTES = 4_000


@login_required
@require_GET
def quarantine_list(request: SignedInRequest) -> HttpResponse:
    """Open rows, unless the address says otherwise, with how many there are of each reason."""
    rows = selectors.quarantine_visible(request.user)
    return list_page(
        request, "transactions/quarantine_list.html", rows, filter_set=QuarantineFilter, defaults=OPEN_ONLY,
        summary=lambda rows: {"reasons": quarantine_reasons(rows)},
    )  # fmt: skip


@login_required
@require_GET
def quarantine_file(request: SignedInRequest) -> StreamingHttpResponse:
    """The rows of the list as a CSV file, under the same filters."""
    rows = filtered(request, QuarantineFilter, selectors.quarantine_visible(request.user), OPEN_ONLY)
    response = StreamingHttpResponse(
        quarantine_lines(rows, request.GET.get("kind", "")), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="quarantine.csv"'
    return response


@login_required
@require_GET
def quarantine_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


@login_required
@require_GET
def quarantine_raw(request: SignedInRequest, pk: int) -> HttpResponse:
    """The row exactly as it came, as a download."""
    row = selectors.quarantined_row_get(request.user, pk)
    response = HttpResponse(row.raw_bytes, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="quarantined-row-{row.pk}.bin"'
    return response


@login_required
@require_POST
def quarantine_correct(request: SignedInRequest, pk: int) -> HttpResponse:
    row = selectors.quarantined_row_get(request.user, pk)
    form = CorrectForm(request.POST, row=row)
    status = submit(form, partial(services.quarantine_correct, actor=request.user, row=row))
    if status != HTTPStatus.OK:
        return _page(request, pk, status, correct=form)
    messages.success(request, "Corrected. Release the row to take it in.")
    return redirect("transactions:quarantine-detail", pk)


@login_required
@require_POST
def quarantine_release(request: SignedInRequest, pk: int) -> HttpResponse:
    row, form = selectors.quarantined_row_get(request.user, pk), ReasonForm(request.POST, auto_id="release_%s")
    status = submit(form, partial(services.quarantine_release, actor=request.user, row=row))
    if status != HTTPStatus.OK:
        return _page(request, pk, status, release=form)
    row = selectors.quarantined_row_get(request.user, pk)
    if row.state == QuarantineState.RELEASED:
        messages.success(request, "Released: the row is in.")
    else:
        messages.error(request, f"Not released. {row.detail}")
    return redirect("transactions:quarantine-detail", pk)


@login_required
@require_POST
def quarantine_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    row, form = selectors.quarantined_row_get(request.user, pk), ReasonForm(request.POST, auto_id="discard_%s")
    status = submit(form, partial(services.quarantine_discard, actor=request.user, row=row))
    if status != HTTPStatus.OK:
        return _page(request, pk, status, discard=form)
    messages.success(request, "Discarded. The row is kept, and will not be taken in.")
    return redirect("transactions:quarantine-detail", pk)


def versions(present: Transaction, fields: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each field as it is in and as it came."""
    stays = {name: getattr(present, name) for name in ("occurred_at", "amount", "currency", "direction", "channel")}
    stays |= {"account": present.account, "counterparty": present.counterparty or "", "country": present.country}
    stays["occurred_at"] = present.occurred_at.isoformat()
    stays["memo"] = present.memo
    details = {name: value for name, value in detail_values(present).items() if value or fields.get(name)}
    return [(name, str(value), str(fields.get(name) or "")) for name, value in sorted((stays | details).items())]


def _page(request: SignedInRequest, pk: int, status: int = HTTPStatus.OK, **filled: Form) -> HttpResponse:
    """The row as it is now, with the forms that come back filled."""
    row = selectors.quarantined_row_get(request.user, pk)
    raw, actions = row.raw_bytes, selectors.quarantine_actions(request.user, row)
    context = {
        "row": row,
        "actions": actions,
        "raw": raw[:MAX_RAW_BYTES].decode("utf-8", "backslashreplace"),
        "raw_cut": len(raw) > MAX_RAW_BYTES,
        "conflict": (present := selectors.quarantine_conflict(request.user, row)),
        "versions": () if present is None else versions(present, row.fields),
        "correct": CorrectForm(row=row),
        "release": ReasonForm(auto_id="release_%s", initial={"version": row.version}),
        "discard": ReasonForm(auto_id="discard_%s", initial={"version": row.version}),
        # What cannot be done any more has no form in which to say so.
        "refused": next((form for action, form in filled.items() if action not in actions), None),
    }
    return render_page(request, "transactions/quarantine_detail.html", context | filled, status=status)
