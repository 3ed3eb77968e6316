"""Pages of sources and of what they deliver."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import ReasonForm, submit
from finobs.core.http import render_page
from finobs.core.lists import list_page

from .. import hooks, services
from ..filters import DeliveryFaultFilter, DeliveryFilter
from ..models import Delivery, DeliveryFault
from ..selectors import source_get
from . import selectors
from .forms import AnnounceForm
from .totals_table import totals_table

OPEN_ONLY = {"is_open": "true"}
NEWEST_DATE_FIRST = ("-business_date", "-id")


@login_required
@require_GET
def source_list(request: SignedInRequest) -> HttpResponse:
    rows = selectors.sources_with_schedules(request.user)
    return list_page(request, "transactions/source_list.html", rows, order=("slug",))


@login_required
@require_GET
def source_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    source = source_get(request.user, slug)
    context = {"source": source, "calendar": selectors.delivery_calendar(request.user, source)}
    return render_page(request, "transactions/source_detail.html", context)


@login_required
@require_GET
def delivery_calendar(request: SignedInRequest) -> HttpResponse:
    """Four weeks of every schedule, above the list of all deliveries."""
    return list_page(
        request, "transactions/delivery_list.html", selectors.deliveries_visible(request.user),
        filter_set=DeliveryFilter, order=NEWEST_DATE_FIRST, calendar=selectors.delivery_calendar(request.user),
    )  # fmt: skip


@login_required
@require_GET
def delivery_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, selectors.delivery_get(request.user, pk))


@login_required
@require_POST
def delivery_announce(request: SignedInRequest, pk: int) -> HttpResponse:
    delivery, form = selectors.delivery_get(request.user, pk), AnnounceForm(request.POST)
    status = submit(form, partial(services.delivery_announce, actor=request.user, delivery=delivery))
    if status != HTTPStatus.OK:
        return _page(request, selectors.delivery_get(request.user, pk), status, announce=form)
    messages.success(request, "Announced: what is in is compared with it from now on.")
    return redirect("transactions:delivery-detail", pk)


@login_required
@require_GET
def delivery_fault_list(request: SignedInRequest) -> HttpResponse:
    """Open faults, unless the address says otherwise."""
    return list_page(
        request, "transactions/delivery_fault_list.html", selectors.faults_visible(request.user),
        filter_set=DeliveryFaultFilter, defaults=OPEN_ONLY,
    )  # fmt: skip


@login_required
@require_POST
def delivery_fault_settle(request: SignedInRequest, pk: int) -> HttpResponse:
    fault = selectors.fault_get(request.user, pk)
    form = ReasonForm(request.POST, auto_id=f"fault_{pk}_%s")
    status = submit(form, partial(services.delivery_fault_settle, actor=request.user, fault=fault))
    if status != HTTPStatus.OK:
        return _page(request, fault.delivery, status, settle=form, refused=fault.pk)
    messages.success(request, "Settled.")
    return redirect("transactions:delivery-detail", fault.delivery_id)


def _page(
    request: SignedInRequest, delivery: Delivery, status: HTTPStatus = HTTPStatus.OK, *,
    announce: AnnounceForm | None = None, settle: ReasonForm | None = None, refused: int = 0,
) -> HttpResponse:  # fmt: skip
    """refused: the fault that `settle` is about."""
    faults = [
        (fault, (settle if fault.pk == refused else _settle_form(fault)) if may_settle else None)
        for fault, may_settle in selectors.faults_of(request.user, delivery)
    ]
    context = {
        "delivery": delivery, "faults": faults, "totals": totals_table(delivery),
        "files": selectors.files_of(request.user, delivery), "batches": selectors.batches_of(request.user, delivery),
        "actions": selectors.delivery_actions(request.user, delivery),
        "locations": hooks.delivery_locations(request.user, delivery),
        "may_read_source": selectors.may_read_source(request.user, delivery.schedule.source),
        "announce": announce or AnnounceForm(initial={"version": delivery.version}),
    }  # fmt: skip
    return render_page(request, "transactions/delivery_detail.html", context, status=status)


def _settle_form(fault: DeliveryFault) -> ReasonForm:
    return ReasonForm(initial={"version": fault.version}, auto_id=f"fault_{fault.pk}_%s")
