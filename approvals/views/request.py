from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit
from finobs.core.http import render_page

from .. import selectors, services
from ..forms import DecideForm, WithdrawForm
from .presenters import request_card


@login_required
@require_GET
def request_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One request: exactly what approvers are shown, and the decisions so far."""
    return _page(request, pk)


@login_required
@require_POST
def request_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    approval_request = selectors.request_get(request.user, pk)
    form = DecideForm(request.POST, draft=f"decide-{pk}")
    status = submit(form, partial(services.request_decide, actor=request.user, request=approval_request))
    if status != HTTPStatus.OK:
        return _page(request, pk, form=form, status=status)
    return _done(request, pk, f"{approval_request.subject_label}: your decision is recorded.")


@login_required
@require_POST
def request_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    approval_request = selectors.request_get(request.user, pk)
    form = WithdrawForm(request.POST)
    status = submit(form, partial(services.request_withdraw, actor=request.user, request=approval_request))
    if status != HTTPStatus.OK:
        messages.error(request, "; ".join(str(text) for texts in form.errors.values() for text in texts))
        return _page(request, pk, status=status)
    return _done(request, pk, f"{approval_request.subject_label}: the request is withdrawn.")


def _page(request: SignedInRequest, pk: int, *, form: DecideForm | None = None, status: int = 200) -> HttpResponse:
    card = request_card(request.user, selectors.request_get(request.user, pk), form)
    return render_page(request, "approvals/request_detail.html", {"card": card}, partial="request", status=status)


def _done(request: SignedInRequest, pk: int, message: str) -> HttpResponse:
    """The subject has changed: its page, if that is where this was, hears of it and fetches itself again."""
    if getattr(request, "htmx", False):
        response = trigger_client_event(_page(request, pk), "finobs:announce", {"text": message})
        return trigger_client_event(response, "approval-ended", {"request": pk}, after="settle")
    messages.success(request, message)
    return redirect("approvals:request-detail", pk)
