"""What every API list shares: selectors for rows, django-filter for filters, signed cursors for pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import generics
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from . import pagination

M = TypeVar("M", bound=Model)


class CursorPagination(BasePagination):
    """`?cursor=&limit=`; the view names its `ordering` (last field unique, none null). No totals."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        params = request.query_params
        bound = "&".join(f"{key}={value}" for key, value in sorted(params.items()) if key not in ("cursor", "limit"))
        limit = params.get("limit", "50")
        order: Sequence[str] = view.ordering
        self._request = request
        self._page: pagination.Page[Any] = pagination.paginate(
            queryset,
            order=order,
            cursor=params.get("cursor", ""),
            # isdigit() would let through digits that are no number (²), and more of them than int() reads.
            limit=int(limit) if limit.isdecimal() and len(limit) < 10 else 50,
            bound=hashlib.sha256(bound.encode()).hexdigest()[:16] if bound else "",
        )
        return self._page.items

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "newer": self._link(self._page.newer), "older": self._link(self._page.older)})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "newer", "older"],
            "properties": {"results": schema, "newer": link, "older": link},
        }

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        params = self._request.query_params.copy()
        params["cursor"] = cursor
        return self._request.build_absolute_uri(f"{self._request.path}?{params.urlencode()}")


class SelectorList(generics.ListAPIView[M]):
    """A list by selector, filter set and cursor, newest first unless it says otherwise."""

    pagination_class = CursorPagination
    filter_backends: Sequence[Any] = (DjangoFilterBackend,)
    ordering: tuple[str, ...] = ("-id",)


def validated_body(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """The body of `request` as `serializer` reads it; what does not hold is answered with 422."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
