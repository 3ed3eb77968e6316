"""Pages: selector, form, service, render."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from finobs.core.errors import Conflict
from finobs.core.forms import ReasonForm
from finobs.core.http import render_page
from finobs.core.lists import list_context
from finobs.core.pagination import count

from . import filters, selectors, services
from .choices import QuarantineState
from .forms import CorrectForm


@login_required
@require_GET
def transaction_list(request: HttpRequest) -> HttpResponse:
    return _list(request, "transaction", filters.TransactionFilter, selectors.transactions_visible(request.user))


@login_required
@require_GET
def transaction_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = selectors.transaction_get(request.user, pk)
    return render_page(request, "transactions/transaction_detail.html", {"row": row, "digest": bytes(row.digest).hex()})


@login_required
@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    return _list(request, "account", filters.AccountFilter, selectors.accounts_visible(request.user))


@login_required
@require_GET
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    account = selectors.account_get(request.user, pk)
    shown = selectors.account_activity(request.user, account)
    context = {"account": account, "counted": count(selectors.account_transactions(request.user, account)), **shown}
    return render_page(request, "transactions/account_detail.html", context)


@login_required
@require_GET
def account_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """The chart over 90 days with its table; `mark` names transactions to point out (several, or with commas)."""
    account = selectors.account_get(request.user, pk)
    given = ",".join(request.GET.getlist("mark")).split(",")[:200]
    marks = {int(mark) for mark in given if mark.isdecimal() and len(mark) < 19}
    shown = selectors.account_activity(request.user, account, marks)
    return render_page(request, "transactions/account_activity.html", {"account": account, **shown}, partial="activity")


@login_required
@require_GET
def batch_list(request: HttpRequest) -> HttpResponse:
    return _list(request, "batch", filters.BatchFilter, selectors.batches_visible(request.user))


@login_required
@require_GET
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.batch_get(request.user, pk)
    return render_page(
        request, "transactions/batch_detail.html", {"batch": batch, "root": bytes(batch.root or b"").hex()}
    )


@login_required
@require_GET
def quarantine_list(request: HttpRequest) -> HttpResponse:
    given = request.GET.copy()
    given.setdefault("state", QuarantineState.OPEN)
    rows = selectors.quarantine_visible(request.user)
    return _list(request, "quarantine", filters.QuarantineFilter, rows, given=given)


@login_required
@require_GET
def quarantine_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _quarantined(request, selectors.quarantined_row_get(request.user, pk))


@login_required
@require_GET
def quarantine_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The row exactly as it came, as a download."""
    row = selectors.quarantined_row_get(request.user, pk)
    response = HttpResponse(selectors.raw_of(row), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="quarantined-row-{row.pk}.bin"'
    return response


@login_required
@require_POST
def quarantine_correct(request: HttpRequest, pk: int) -> HttpResponse:
    row = selectors.quarantined_row_get(request.user, pk)
    form = CorrectForm(request.POST, row=row)
    if not form.is_valid():
        return _quarantined(request, row, correct=form, status=422)
    try:
        services.quarantine_correct(
            actor=_actor(request), row=row, fields=form.values(), version=form.cleaned_data["version"]
        )
    except Conflict as stale:
        form.add_error(None, stale.detail)
        return _quarantined(request, row, correct=_current(form, row), status=409)
    messages.success(request, "Corrected. Release the row to take it in.")
    return redirect("transactions:quarantine-detail", pk=pk)


@login_required
@require_POST
def quarantine_release(request: HttpRequest, pk: int) -> HttpResponse:
    row = selectors.quarantined_row_get(request.user, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _quarantined(request, row, release=form, status=422)
    row = services.quarantine_release(actor=_actor(request), row=row, reason=form.cleaned_data["reason"])
    if row.state == QuarantineState.RELEASED:
        messages.success(request, "Released: the row is in and has been assessed.")
    else:
        messages.error(request, f"Not released. {row.detail}")
    return redirect("transactions:quarantine-detail", pk=pk)


@login_required
@require_POST
def quarantine_discard(request: HttpRequest, pk: int) -> HttpResponse:
    row = selectors.quarantined_row_get(request.user, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _quarantined(request, row, discard=form, status=422)
    services.quarantine_discard(actor=_actor(request), row=row, reason=form.cleaned_data["reason"])
    messages.success(request, "Discarded. The row is kept, and will not be taken in.")
    return redirect("transactions:quarantine-detail", pk=pk)


def _list(
    request: HttpRequest, name: str, filter_set: Any, rows: QuerySet[Any], given: QueryDict | None = None
) -> HttpResponse:
    """A list with its filters, its count and one page of it."""
    chosen = filter_set(given or request.GET, queryset=rows)
    context = list_context(request, chosen, order=("-id",)) | {"chips": _chips(request, chosen)}
    return render_page(request, f"transactions/{name}_list.html", context, partial="list")


def _chips(request: HttpRequest, chosen: Any) -> list[tuple[str, str, str]]:
    """Each filter in force: its label, its value, and the address without it."""
    chips = []
    for name, field in chosen.form.fields.items():
        if value := request.GET.get(name, ""):
            rest = request.GET.copy()
            rest.pop(name)
            rest.pop("cursor", None)
            label = dict(getattr(field, "choices", ())).get(value, value) if name != "source" else value
            chips.append((str(field.label or name.capitalize()), str(label), f"?{rest.urlencode()}"))
    return chips


def _quarantined(request: HttpRequest, row: Any, status: int = 200, **forms: Any) -> HttpResponse:
    raw = selectors.raw_of(row)
    context = {
        "row": row,
        "actions": selectors.quarantine_actions(request.user, row),
        "raw": raw[:4000].decode("utf-8", "backslashreplace"),
        "raw_cut": len(raw) > 4000,
        "correct": CorrectForm(row=row),
        "release": ReasonForm(auto_id="release_%s"),
        "discard": ReasonForm(auto_id="discard_%s"),
    }
    return render_page(request, "transactions/quarantine_detail.html", context | forms, status=status)


def _current(form: CorrectForm, row: Any) -> CorrectForm:
    """The form with what was typed, ready to be sent again on top of the row's present version."""
    form.data = {**form.data.dict(), "version": row.version}  # type: ignore[attr-defined]
    return form


def _actor(request: HttpRequest) -> Any:
    return request.user
