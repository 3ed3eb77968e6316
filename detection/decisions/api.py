"""POST a transaction, get its decision: for authorisation systems.

The two that decide are no `ServiceAction`: a payment waits for their answer. They know their own repetitions, so that a
key is not always needed, answer with plain data that no serializer walks, and with a problem that must be committed.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.core.api import SelectorDetail, StrictView
from finobs.core.errors import FinobsError, Invalid
from finobs.core.http import problem
from finobs.core.idempotency import IDEMPOTENCY_HEADER, IDEMPOTENCY_PARAMETER, answer_once
from transactions.choices import RowStatus
from transactions.request_body import read_body
from transactions.selectors import source_to_feed
from transactions.services import RowResult

from ..models import Assessment
from . import selectors, serializers
from .services import Decisions, decision_make

SOURCE = OpenApiParameter("source", OpenApiTypes.STR, description="Slug, for a body that does not name it")


class Quarantined(FinobsError):
    """The transaction lies in quarantine: it was kept, and nothing was decided."""

    status, code, title = 422, "quarantined", "The transaction went to quarantine"


class DecisionMake(StrictView):
    """Takes one transaction in and answers with its decision."""

    query_parameters = (SOURCE,)

    @extend_schema(
        operation_id="decisions_make",
        request=serializers.DecisionRequestSerializer,
        responses={
            201: serializers.TransactionDecisionSerializer,
            200: serializers.TransactionDecisionSerializer,
            (422, "application/problem+json"): serializers.QuarantinedSerializer,
        },
        parameters=[OpenApiParameter(IDEMPOTENCY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER), SOURCE],
    )
    def post(self, request: Request) -> HttpResponse:
        """Takes one transaction in and answers with its decision: 201 for a new one, 200 with the stored decision for
        one that is known by source and external_id, 422 for one that went to quarantine.
        """
        return answer_once(request, "decisions", lambda: single_answer(decide(request, single=True)), needs_key=False)


class DecisionBatch(StrictView):
    """Takes 1 to 10,000 transactions in and answers with a decision, or the reason for quarantine, for each."""

    query_parameters = (SOURCE,)

    @extend_schema(
        operation_id="decisions_make_batch",
        request=serializers.DecisionBatchRequestSerializer,
        responses=serializers.DecidedSerializer,
        parameters=[IDEMPOTENCY_PARAMETER, SOURCE],
    )
    def post(self, request: Request) -> HttpResponse:
        return answer_once(request, "decisions/batch", lambda: (200, batch_answer(decide(request))))


class DecisionDetail(SelectorDetail[Assessment]):
    """The decision on one transaction, in the words in which it was given."""

    selector = selectors.decision_get
    serializer_class = serializers.TransactionDecisionSerializer
    operation_id = "decisions_retrieve"

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_object())


def decide(request: Request, *, single: bool = False) -> Decisions:
    """Take the rows of the body in; `single`: exactly one. Raises Invalid."""
    slug, rows = read_body(request.data, str(request.query_params.get("source", "")))
    if single and len(rows) != 1:
        raise Invalid("Send one transaction; /api/v1/decisions/batch takes many.")
    actor: Any = request.user
    return decision_make(actor=actor, source=source_to_feed(actor, slug), rows=rows)


def single_answer(result: Decisions) -> tuple[int, dict[str, Any]]:
    row = result.ingested.rows[0]
    decision = result.on(row)
    if decision is None:
        # Answered, not raised: what lies in quarantine must be committed.
        return 422, problem(quarantined(row))
    return (201 if row.status == RowStatus.ACCEPTED else 200), decision


def batch_answer(result: Decisions) -> dict[str, Any]:
    batch = result.ingested.batch
    counts = ("received", *RowStatus.values)
    answer: dict[str, Any] = {"batch_id": batch.pk} | {name: getattr(batch, name) for name in counts}
    names = ("row_number", "external_id", "status", "quarantined_row_id", "reason", "detail")
    answer["results"] = [
        {name: getattr(row, name) for name in names} | {"decision": result.on(row)} for row in result.ingested.rows
    ]
    return answer


def quarantined(row: RowResult) -> Quarantined:
    return Quarantined(
        row.detail, reason=row.reason, quarantined_row_id=row.quarantined_row_id, external_id=row.external_id
    )
