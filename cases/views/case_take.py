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
from .page import button_response, list_query, success_response, swap_target

NO_FREE_CASE_MESSAGE = "Nothing is waiting: somebody holds every open case of this queue."


@login_required
@require_POST
def case_take_next(request: SignedInRequest, slug: str) -> HttpResponse:
    """The most urgent case that nobody holds."""
    queue = selectors.queue_get(request.user, slug)
    case = services.case_take_next(actor=request.user, queue=queue)
    if case is not None:
        return success_response(request, case.reference, f"You hold {case.reference}.", push=True)
    if swap_target(request):
        # htmx swaps nothing for 204: the case that is open stays open.
        return trigger_client_event(HttpResponse(status=204), "finobs:announce", {"text": NO_FREE_CASE_MESSAGE})
    messages.info(request, NO_FREE_CASE_MESSAGE)
    return redirect(reverse("cases:queue-work", args=[slug]) + list_query(request))


@login_required
@require_POST
def case_take(request: SignedInRequest, reference: str) -> HttpResponse:
    case = selectors.case_get(request.user, reference)
    take = partial(services.case_take, actor=request.user, case=case)
    return button_response(request, case, take, f"You hold {reference}.")


@login_required
@require_POST
def case_release(request: SignedInRequest, reference: str) -> HttpResponse:
    case = selectors.case_get(request.user, reference)
    release = partial(services.case_release, actor=request.user, case=case)
    return button_response(request, case, release, f"{reference} is back in its queue.")
