"""The workbench: the list on the left, the open case beside it, and the forms with what was typed into them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import push_url, replace_url, trigger_client_event

from detection.alerts.selectors import may_explain
from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit
from finobs.core.http import render_page
from finobs.core.identity import preload
from finobs.core.pagination import count, paginate
from finobs.core.parameters import filter_names, refuse_unknown

from .. import selectors
from ..filters import CaseFilter
from ..forms import AssignForm, CloseForm, NoteForm
from ..models import Case, Queue
from ..workflow import WORKABLE
from .buttons import buttons, unavailable
from .summary import case_summary

CASE_ORDER = ("-priority", "-id")
TEMPLATE = "cases/workbench.html"
MAX_ALERTS = 50
# Quick views of a queue: label, and the filters that make it.
QUICK_FILTERS = (
    ("Open", ""),
    ("Free", "holder=nobody"),
    ("Mine", "holder=me"),
    ("Awaiting", "status=awaiting_approval"),
    ("Closed", "status=closed"),
)


def workbench(
    request: SignedInRequest, queue: Queue, case: Case | None = None, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The whole page, or for htmx the part it swaps: the list, or the case. `forms`: forms that come back filled."""
    context: dict[str, Any] = {"queue": queue, "case": case, "list_query": list_query(request)}
    context["may_work"] = selectors.may_work(request.user, queue)
    part = "list" if swap_target(request) == "list" else "answer"
    if part == "list" or not swap_target(request):
        context |= list_parts(request, queue)
    if case is not None and part != "list":
        context |= case_parts(request, case) | forms
    return render_page(request, TEMPLATE, context, partial=part, status=status)


def button_response(request: SignedInRequest, case: Case, act: Callable[[], Any], message: str) -> HttpResponse:
    """A button without fields: do it, or show the case as it is now with the reason why not."""
    refused = Form({})
    status = submit(refused, act)
    if status == HTTPStatus.OK:
        return success_response(request, case.reference, message)
    case = selectors.case_get(request.user, case.reference)
    return workbench(request, case.queue, case, status=status, refused=refused)


def success_response(request: SignedInRequest, reference: str, message: str, *, push: bool = False) -> HttpResponse:
    """After a write: the case as it is now, in its place; without htmx, by way of its address."""
    address = reverse("cases:case-detail", args=[reference]) + list_query(request)
    if not swap_target(request):
        messages.success(request, message)
        return redirect(address)
    case = selectors.case_get(request.user, reference)
    response = workbench(request, case.queue, case)
    # The address bar would otherwise hold an address that takes POST only, and a reload be refused.
    response = push_url(response, address) if push else replace_url(response, address)
    return trigger_client_event(response, "finobs:announce", {"text": message})


def list_parts(request: SignedInRequest, queue: Queue) -> dict[str, Any]:
    names, repeatable = filter_names(CaseFilter)
    refuse_unknown(request.GET, {*names, "cursor"}, repeatable)
    rows = selectors.queue_cases(request.user, queue, request.GET)
    bound, cursor = list_query(request), request.GET.get("cursor", "")
    return {
        "row_count": count(rows),
        "page": paginate(rows, order=CASE_ORDER, cursor=cursor, bound=bound),
        "views": [(label, f"?{query}" if query else "") for label, query in QUICK_FILTERS],
    }


def case_parts(request: SignedInRequest, case: Case) -> dict[str, Any]:
    user, lease = request.user, case.current_lease
    notes = list(selectors.case_notes(user, case))
    preload(notes)
    alerts = list(selectors.case_alerts(user, case)[:MAX_ALERTS])
    possible = buttons(user, case)
    return {
        "lease": lease,
        "alerts": alerts,
        "may_explain": may_explain(user),
        "more_alerts": case.alert_count > len(alerts) == MAX_ALERTS,
        "summary": case_summary(alerts),
        "notes": notes,
        "incidents": selectors.case_incidents(user, case),
        "timeline": selectors.case_timeline(user, case),
        "buttons": possible,
        "unavailable": unavailable(possible),
        "is_done": case.status not in WORKABLE,
        "enabled": {button.name for button in possible if button.enabled},
        "note_form": NoteForm(draft=f"note-{case.reference}"),
        "close_form": CloseForm(draft=f"close-{case.reference}", initial={"version": case.version}),
        "assign_form": AssignForm(people=selectors.people_for_assign(user, case), initial={"version": case.version}),
    }


def list_query(request: SignedInRequest) -> str:
    """The filters of the list, to carry along; the cursor is not one of them."""
    query = request.GET.copy()
    # A cursor is of one page of the list, and of its filters as they were.
    query.pop("cursor", None)
    return f"?{query.urlencode()}" if query else ""


def swap_target(request: SignedInRequest) -> str:
    """Which part of the workbench htmx is about to swap; empty when the whole page is asked for."""
    htmx = getattr(request, "htmx", None)
    return str(htmx.target or "case") if htmx and not htmx.history_restore_request else ""
