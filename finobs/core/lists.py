"""What every list page shows: the filters, how many rows they leave, and one page of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from .pagination import count, paginate


def list_context(request: HttpRequest, chosen: Any, *, order: Sequence[str]) -> dict[str, Any]:
    """The context of a list. `chosen` is its filter set; filters that make no sense leave nothing, and say why."""
    found = chosen.qs if chosen.is_valid() else chosen.queryset.none()
    kept = request.GET.copy()
    cursor = "".join(kept.pop("cursor", [])[-1:])
    return {
        "filter": chosen,
        "filtered": bool(kept),
        "counted": count(found),
        "page": paginate(found, order=order, cursor=cursor, bound=kept.urlencode()),
    }
