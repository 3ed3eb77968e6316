"""What is done to an item with a form: each is a dialog of its page, and a page of its own without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from finobs.accounts.requests import SignedInRequest
from finobs.core.forms import submit

from .. import selectors, services
from ..choices import ItemKind
from .item_forms import item_form
from .page import success_response, workbench

SENT_FOR_APPROVAL_MESSAGE = "Sent for approval. A lead decides; the {kind} is closed once they agree."


def item_dialog(
    request: SignedInRequest, kind: str, reference: str, name: str, service: Callable[..., Any], message: str
) -> HttpResponse:
    """Show the form `name`, or send what was typed to `service`. `message`: what is said where it is done, with the
    reference and the fields of the form in it."""
    item = selectors.item_get(request.user, kind, reference)
    if request.method == "GET":
        return workbench(request, item.queue, kind, item, open_dialog=name)
    form = item_form(name, request.user, item, request.POST)
    status = submit(form, partial(service, actor=request.user, item=item))
    if status in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
        wording = SENT_FOR_APPROVAL_MESSAGE if status == HTTPStatus.ACCEPTED else message
        text = wording.format(**{**form.cleaned_data, "reference": reference, "kind": kind})
        return success_response(request, kind, reference, text, listed=item.queue)
    item = selectors.item_get(request.user, kind, reference)
    typed: dict[str, Any] = {"open_dialog": name, f"{name}_form": form}
    return workbench(request, item.queue, kind, item, status=status, **typed)


@login_required
@require_http_methods(["GET", "POST"])
def item_close(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """The disposition form, and what comes of it."""
    return item_dialog(request, kind, reference, "close", services.CLOSE[kind], "{reference} is closed.")


@login_required
@require_http_methods(["GET", "POST"])
def item_assign(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """Who should have the item, and why."""
    return item_dialog(request, kind, reference, "assign", services.item_assign, "Assigned to {to}.")


@login_required
@require_http_methods(["GET", "POST"])
def item_wait(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """What the work waits for, and until when."""
    message = "{reference} waits; it comes back by itself."
    return item_dialog(request, kind, reference, "wait", services.item_wait, message)


@login_required
@require_http_methods(["GET", "POST"])
def item_move(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """Into which queue, and why."""
    return item_dialog(request, kind, reference, "move", services.item_move, "{reference} is in {queue} now.")


@login_required
@require_http_methods(["GET", "POST"])
def item_reopen(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """Why what was closed is taken up again."""
    return item_dialog(request, kind, reference, "reopen", services.item_reopen, "{reference} is open again.")


@login_required
@require_http_methods(["GET", "POST"])
def item_escalate(request: SignedInRequest, reference: str) -> HttpResponse:
    """Into which case, and why."""
    service, message = services.incident_escalate, "{reference} is escalated."
    return item_dialog(request, ItemKind.INCIDENT, reference, "escalate", service, message)
