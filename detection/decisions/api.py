"""POST a transaction, get its decision: the door for authorisation systems."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from finobs.core.errors import FinobsError, Invalid
from finobs.core.http import problem
from finobs.core.idempotency import IDEMPOTENCY_HEADER, once
from transactions.choices import RowStatus
from transactions.request_body import read_body
from transactions.selectors import source_get
from transactions.services import RowResult

from . import selectors, serializers
from .services import Decided, decision_make

SOURCE = OpenApiParameter("source", OpenApiTypes.STR, description="Slug, for a body that does not name it")


class Quarantined(FinobsError):
    """The transaction lies in quarantine: it was kept, and nothing was decided."""

    status, code, title = 422, "quarantined", "The transaction went to quarantine"


class DecisionMake(APIView):
    @extend_schema(
        operation_id="decisions_make",
        description="Takes one transaction in and answers with its decision: 201 for a new one, 200 with the stored "
        "decision for one that is known by source and external_id, 422 for one that went to quarantine.",
        request=serializers.DecisionRequestSerializer,
        responses={
            201: serializers.TransactionDecisionSerializer,
            200: serializers.TransactionDecisionSerializer,
            (422, "application/problem+json"): serializers.QuarantinedSerializer,
        },
        parameters=[OpenApiParameter(IDEMPOTENCY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER), SOURCE],
    )
    def post(self, request: Request) -> HttpResponse:
        return once(request, "decisions", lambda: one(decided(request, most=1)), needs_key=False)


class DecisionBatch(APIView):
    @extend_schema(
        operation_id="decisions_make_batch",
        description="Takes 1 to 10,000 transactions in and answers with a decision, or the reason for quarantine, "
        "for each.",
        request=serializers.DecisionBatchRequestSerializer,
        responses=serializers.DecidedSerializer,
        parameters=[
            OpenApiParameter(IDEMPOTENCY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True),
            SOURCE,
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        return once(request, "decisions/batch", lambda: (200, many(decided(request))))


class DecisionDetail(APIView):
    @extend_schema(operation_id="decisions_retrieve", responses=serializers.TransactionDecisionSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(selectors.decision_get(request.user, pk))


def decided(request: Request, most: int = 0) -> Decided:
    slug, rows = read_body(request.data, str(request.query_params.get("source", "")))
    if most and len(rows) != most:
        raise Invalid("Send one transaction; /api/v1/decisions/batch takes many.")
    actor: Any = request.user
    return decision_make(actor=actor, source=source_get(actor, slug), rows=rows)


def one(made: Decided) -> tuple[int, dict[str, Any]]:
    row = made.ingested.rows[0]
    decision = made.on(row)
    if decision is None:
        # Answered, not raised: what lies in quarantine must be committed.
        return 422, problem(refusal(row))
    return (201 if row.outcome == RowStatus.ACCEPTED else 200), decision


def many(made: Decided) -> dict[str, Any]:
    batch = made.ingested.batch
    counts = ("received", "accepted", "duplicate", "quarantined")
    answer: dict[str, Any] = {"batch_id": batch.pk} | {name: getattr(batch, name) for name in counts}
    names = ("row_number", "external_id", "outcome", "quarantined_row_id", "reason", "detail")
    answer["results"] = [
        {name: getattr(row, name) for name in names} | {"decision": made.on(row)} for row in made.ingested.rows
    ]
    return answer


def refusal(row: RowResult) -> Quarantined:
    return Quarantined(
        row.detail, reason=row.reason, quarantined_row_id=row.quarantined_row_id, external_id=row.external_id
    )
