"""The door for machines, and reads over the same selectors and filters as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList
from finobs.core.idempotency import IDEMPOTENCY_HEADER, once
from finobs.core.serializers import ReasonSerializer

from . import filters, selectors, serializers, services
from .choices import IngestMethod
from .models import Account, Batch, Label, QuarantinedRow, Source, Transaction
from .request_body import read_body


class TransactionList(SelectorList[Transaction]):
    serializer_class = serializers.TransactionSerializer
    filterset_class = filters.TransactionFilter

    def get_queryset(self) -> QuerySet[Transaction]:
        return selectors.transactions_visible(self.request.user)

    @extend_schema(
        operation_id="transactions_ingest",
        description="One transaction, a list of them with ?source=, or an object with source and transactions: 1 to "
        "10,000 rows. A bad row goes to quarantine and never stops its neighbours.",
        request=serializers.IncomingSerializer,
        responses=serializers.IngestedSerializer,
        parameters=[
            OpenApiParameter(IDEMPOTENCY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("source", OpenApiTypes.STR, description="Slug, for a body that does not name it"),
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        def act() -> tuple[int, Any]:
            slug, rows = read_body(request.data, str(request.query_params.get("source", "")))
            actor = actor_of(request)
            source = selectors.source_get(actor, slug)
            return 200, serializers.ingest_response(
                services.ingest(actor=actor, source=source, rows=rows, method=IngestMethod.REST)
            )

        return once(request, "transactions", act)


class TransactionDetail(generics.RetrieveAPIView[Transaction]):
    serializer_class = serializers.TransactionSerializer

    def get_queryset(self) -> QuerySet[Transaction]:
        return selectors.transactions_visible(self.request.user)


class AccountList(SelectorList[Account]):
    serializer_class = serializers.AccountSerializer
    filterset_class = filters.AccountFilter

    def get_queryset(self) -> QuerySet[Account]:
        return selectors.accounts_visible(self.request.user)


class AccountDetail(generics.RetrieveAPIView[Account]):
    serializer_class = serializers.AccountSerializer

    def get_queryset(self) -> QuerySet[Account]:
        return selectors.accounts_visible(self.request.user)


class BatchList(SelectorList[Batch]):
    serializer_class = serializers.BatchSerializer
    filterset_class = filters.BatchFilter

    def get_queryset(self) -> QuerySet[Batch]:
        return selectors.batches_visible(self.request.user)


class BatchDetail(generics.RetrieveAPIView[Batch]):
    serializer_class = serializers.BatchSerializer

    def get_queryset(self) -> QuerySet[Batch]:
        return selectors.batches_visible(self.request.user)


class LabelList(SelectorList[Label]):
    serializer_class = serializers.LabelSerializer
    filterset_class = filters.LabelFilter

    def get_queryset(self) -> QuerySet[Label]:
        return selectors.labels_visible(self.request.user)

    @extend_schema(
        operation_id="labels_add",
        description="What became known of transactions that are in: one label, a list of them with ?source=, or an "
        "object with source and labels: 1 to 10,000. A refused row never stops its neighbours.",
        request=serializers.IncomingLabelsSerializer,
        responses=serializers.LabelledSerializer,
        parameters=[
            OpenApiParameter(IDEMPOTENCY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("source", OpenApiTypes.STR, description="Slug, for a body that does not name it"),
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        def act() -> tuple[int, Any]:
            slug, rows = read_body(request.data, str(request.query_params.get("source", "")), "labels")
            actor = actor_of(request)
            source = selectors.source_get(actor, slug)
            return 200, serializers.labels_add_response(services.labels_add(actor=actor, source=source, rows=rows))

        return once(request, "labels", act)


class SourceList(SelectorList[Source]):
    serializer_class = serializers.SourceSerializer
    filter_backends = ()
    ordering = ("slug",)

    def get_queryset(self) -> QuerySet[Source]:
        return selectors.sources_visible(self.request.user)


class QuarantineList(SelectorList[QuarantinedRow]):
    serializer_class = serializers.QuarantinedRowSerializer
    filterset_class = filters.QuarantineFilter

    def get_queryset(self) -> QuerySet[QuarantinedRow]:
        return selectors.quarantine_visible(self.request.user)


class QuarantineDetail(generics.RetrieveAPIView[QuarantinedRow]):
    serializer_class = serializers.QuarantinedRowDetailSerializer

    def get_queryset(self) -> QuerySet[QuarantinedRow]:
        return selectors.quarantine_visible(self.request.user)


class QuarantineAct(generics.GenericAPIView[QuarantinedRow]):
    """Shared by the three things that can be done with a quarantined row."""

    serializer_class: type[BaseSerializer[Any]] = ReasonSerializer

    def get_queryset(self) -> QuerySet[QuarantinedRow]:
        return selectors.quarantine_visible(self.request.user)

    def answered(self, request: Request, pk: int, act: Any) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = act(
            actor=actor_of(request), row=selectors.quarantined_row_get(request.user, pk), **_named(form.validated_data)
        )
        return Response(serializers.QuarantinedRowSerializer(row, context={"request": request}).data)


class QuarantineCorrect(QuarantineAct):
    serializer_class = serializers.CorrectionSerializer

    @extend_schema(responses=serializers.QuarantinedRowSerializer)
    def post(self, request: Request, pk: int) -> Response:
        return self.answered(request, pk, services.quarantine_correct)


class QuarantineRelease(QuarantineAct):
    @extend_schema(responses=serializers.QuarantinedRowSerializer)
    def post(self, request: Request, pk: int) -> Response:
        return self.answered(request, pk, services.quarantine_release)


class QuarantineDiscard(QuarantineAct):
    @extend_schema(responses=serializers.QuarantinedRowSerializer)
    def post(self, request: Request, pk: int) -> Response:
        return self.answered(request, pk, services.quarantine_discard)


def _named(data: Any) -> dict[str, Any]:
    return {"fields" if name == "values" else name: value for name, value in data.items()}
