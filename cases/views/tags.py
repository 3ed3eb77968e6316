from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from finobs.accounts.requests import SignedInRequest

from .. import selectors, services
from ..models import Tag
from .page import button_response


@login_required
@require_POST
def item_tag(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """Put a tag on an incident or a case."""
    item, tag = _item_and_tag(request, reference, kind)
    return button_response(request, item, partial(services.item_tag, actor=request.user, item=item, tag=tag), "Tagged.")


@login_required
@require_POST
def item_untag(request: SignedInRequest, reference: str, kind: str) -> HttpResponse:
    """Take a tag off again."""
    item, tag = _item_and_tag(request, reference, kind)
    act = partial(services.item_untag, actor=request.user, item=item, tag=tag)
    return button_response(request, item, act, "The tag is off.")


def _item_and_tag(request: SignedInRequest, reference: str, kind: str) -> tuple[Any, Tag]:
    item = selectors.item_get(request.user, kind, reference)
    return item, selectors.tag_get(request.user, request.POST.get("tag", ""))
