"""The list that takes rows in: what the API of every kind of row shares, whichever app has it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

from finobs.core.api import M, SelectorList, ServiceAction
from finobs.core.idempotency import IDEMPOTENCY_PARAMETER, answer_once

from . import selectors, serializers
from .request_body import read_body

SOURCE_PARAMETER = OpenApiParameter("source", OpenApiTypes.STR, description="Slug, for a body that does not name it")


class RowBatchList(SelectorList[M], ServiceAction[M]):
    """A list that takes rows of one source in by POST, under an Idempotency-Key: the same key gets the same answer.

    rows_key: what the body calls them; keys belong to it too.
    """

    parameters = (IDEMPOTENCY_PARAMETER, SOURCE_PARAMETER)
    answer_class: type[Serializer[Any]] = serializers.RecordsAddResultSerializer
    rows_key: str

    def act(self) -> HttpResponse:
        # Before the body is parsed: a key belongs to its bytes.
        return answer_once(self.request, self.rows_key, lambda: (self.status, self._add_rows()))

    def _add_rows(self) -> dict[str, Any]:
        request = self.request
        slug, rows = read_body(request.data, str(request.query_params.get("source", "")), self.rows_key)
        result = self.service(actor=request.user, source=selectors.source_to_feed(request.user, slug), rows=rows)
        return serializers.rows_response(result, self.answer_class)
