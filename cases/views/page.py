"""The workbench: the list on the left, the open item beside it, and the forms with what was typed into them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
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
from finobs.core.navigation import stands_under
from finobs.core.pagination import count, paginate
from finobs.core.parameters import filter_names, refuse_unknown

from .. import selectors
from ..arrivals import arrived_since
from ..choices import ItemKind
from ..filters import FILTERS
from ..models import Case, Queue, WorkItem
from ..workflow import WORKABLE
from .buttons import buttons, unavailable
from .item_forms import item_forms
from .names import PAGE_NAMES
from .summary import alerts_summary

ITEM_ORDER = ("-priority", "-id")
TEMPLATE = "cases/workbench.html"
MAX_ITEM_ROWS = 50
# Quick views of a queue: label, and the filters that make it.
QUICK_FILTERS = (
    ("Open", ""),
    ("Free", "holder=nobody"),
    ("Mine", "holder=me"),
    ("Waiting", "status=waiting"),
    ("Awaiting", "status=awaiting_approval"),
    ("Closed", "status=closed"),
)


def workbench(
    request: SignedInRequest, queue: Queue, kind: str, item: WorkItem | None = None, *, status: int = 200,
    listed: Queue | None = None, **forms: Any,
) -> HttpResponse:  # fmt: skip
    """The whole page, or for htmx the part it swaps: the list, or the item. `listed`: the queue whose list is beside
    it, which something was just done to. `forms`: forms that come back filled."""
    # One page, swapped in parts: an item opened from its queue, from a list or by its address stands in the same place.
    stands_under(request, "cases:queue-list")
    context: dict[str, Any] = {"queue": queue, "kind": kind, "item": item, "list_query": list_query(request)}
    context |= {"names": PAGE_NAMES[kind], "queues": PAGE_NAMES, "is_case": kind == ItemKind.CASE}
    context["may_work"] = selectors.may_work(request.user, queue)
    part = "list" if swap_target(request) == "list" else "answer"
    if part == "list" or not swap_target(request):
        context |= list_parts(request, queue, kind)
    elif listed is not None:
        context |= {"listed": listed, "row_count": count(list_rows(request, listed, kind))}
    if item is not None and part != "list":
        context |= item_parts(request, item, forms.get("open_dialog", "")) | forms
    return render_page(request, TEMPLATE, context, partial=part, status=status)


def button_response(request: SignedInRequest, item: WorkItem, act: Callable[[], Any], message: str) -> HttpResponse:
    """A button without fields: do it, or show the item as it is now with the reason why not."""
    refused = Form({})
    status = submit(refused, act)
    if status == HTTPStatus.OK:
        return success_response(request, item.KIND, item.reference, message, listed=item.queue)
    item = selectors.item_get(request.user, item.KIND, item.reference)
    return workbench(request, item.queue, item.KIND, item, status=status, refused=refused)


def success_response(
    request: SignedInRequest, kind: str, reference: str, message: str, *, listed: Queue, push: bool = False
) -> HttpResponse:
    """After a write: the item as it is now, in its place, and how many its list has; without htmx, by way of its
    address."""
    address = reverse(PAGE_NAMES[kind].detail, args=[reference]) + list_query(request)
    if not swap_target(request):
        messages.success(request, message)
        return redirect(address)
    item = selectors.item_get(request.user, kind, reference)
    response = workbench(request, item.queue, kind, item, listed=listed)
    # The address bar would otherwise hold an address that takes POST only, and a reload be refused.
    response = push_url(response, address) if push else replace_url(response, address)
    return trigger_client_event(response, "finobs:announce", {"text": message})


def list_rows(request: SignedInRequest, queue: Queue, kind: str) -> QuerySet[Any]:
    """What the filters of the address leave of a queue. Raises Invalid."""
    names, repeatable = filter_names(FILTERS[kind])
    refuse_unknown(request.GET, {*names, "cursor"}, repeatable)
    return selectors.with_names(request.user, selectors.queue_items(request.user, queue, kind, request.GET))


def list_parts(request: SignedInRequest, queue: Queue, kind: str) -> dict[str, Any]:
    rows = list_rows(request, queue, kind)
    bound, cursor = list_query(request), request.GET.get("cursor", "")
    return {
        "row_count": count(rows),
        "page": paginate(rows, order=ITEM_ORDER, cursor=cursor, bound=bound),
        "views": [(label, f"?{query}" if query else "") for label, query in QUICK_FILTERS],
    }


def item_parts(request: SignedInRequest, item: WorkItem, open_dialog: str) -> dict[str, Any]:
    user, lease = request.user, item.current_lease
    notes = list(selectors.item_notes(user, item))
    preload(notes)
    alerts = list(selectors.item_alerts(user, item)[:MAX_ITEM_ROWS])
    possible = buttons(user, item)
    enabled = {button.name for button in possible if button.enabled}
    arrived = list(arrived_since(user, item)[:MAX_ITEM_ROWS])
    others = selectors.open_incidents_about(user, item).exclude(pk__in=[each.pk for each in arrived])
    return {
        "item_type": item._meta.label_lower,
        "lease": lease,
        "concluded": selectors.conclusion_of(user, item),
        "alerts": alerts,
        "may_explain": may_explain(user),
        "more_alerts": item.alert_count > len(alerts) == MAX_ITEM_ROWS,
        "summary": alerts_summary(alerts),
        "faults": list(selectors.item_faults(user, item)),
        "notes": notes,
        "incidents": list(selectors.case_incidents(user, item)) if isinstance(item, Case) else [],
        "subjects": list(selectors.case_subjects(user, item)) if isinstance(item, Case) else [],
        "arrived": arrived,
        "open_incidents": list(others[:MAX_ITEM_ROWS]),
        "buttons": possible,
        "unavailable": unavailable(possible),
        "is_done": item.status not in WORKABLE,
        "enabled": enabled,
        **_tags(user, item),
        **item_forms(
            user, item, {each.name for each in possible if each.enabled and each.kind != "fetched"} | {open_dialog}
        ),
    }


def _tags(user: Any, item: Any) -> dict[str, Any]:
    """Whether the tags of the item are this person's to change, and which could be added."""
    may_tag = selectors.may_work(user, item.queue)
    own = {each.tag_id for each in item.tags.all()}
    return {
        "may_tag": may_tag,
        "tags": [tag for tag in selectors.tags_visible(user) if tag.pk not in own] if may_tag else [],
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
