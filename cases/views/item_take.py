from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from finobs.accounts.requests import SignedInRequest

from .. import selectors, services
from .names import PAGE_NAMES
from .page import button_response, list_query, success_response, swap_target

NO_FREE_ITEM_MESSAGE = "Nothing is waiting: somebody holds every open {kind} of this queue."


@login_required
@require_POST
def item_take_next(request: SignedInRequest, slug: str, kind: str) -> HttpResponse:
    """The most urgent item that nobody holds."""
    queue = selectors.queue_get(request.user, slug)
    item = services.item_take_next(actor=request.user, queue=queue, kind=kind)
    if item is not None:
        return success_response(request, kind, item.reference, f"You hold {item.reference}.", listed=queue, push=True)
    message = NO_FREE_ITEM_MESSAGE.format(kind=kind)
    if swap_target(request):
        # htmx swaps nothing for 204: the item that is open stays open.
        return trigger_client_event(HttpResponse(status=204), "finobs:announce", {"text": message})
    messages.info(request, message)
    return redirect(reverse(PAGE_NAMES[kind].queue, args=[slug]) + list_query(request))


@login_required
@require_POST
def item_take(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    item = selectors.item_get(request.user, kind, reference)
    take = partial(services.item_take, actor=request.user, item=item)
    return button_response(request, item, take, f"You hold {reference}.")


@login_required
@require_POST
def item_release(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    item = selectors.item_get(request.user, kind, reference)
    release = partial(services.item_release, actor=request.user, item=item)
    return button_response(request, item, release, f"{reference} is back in its queue.")
