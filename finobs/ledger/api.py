"""The ledger for machines: only reads, by the selectors and filters of the pages."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from finobs.core.api import SelectorList
from finobs.core.errors import Conflict, Invalid

from . import filters, selectors, serializers
from .models import Checkpoint, Event

SIZE = OpenApiParameter("size", OpenApiTypes.INT64, description="Prove under the checkpoint of this size")


class EventList(SelectorList[Event]):
    serializer_class = serializers.EventSerializer
    filterset_class = filters.EventFilter
    queryset = Event.objects.none()

    def get_queryset(self) -> QuerySet[Event]:
        return selectors.events_visible(self.request.user)


class EventDetail(APIView):
    @extend_schema(operation_id="ledger_event", responses=serializers.EventDetailSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        event: Any = selectors.event_get(request.user, uid)
        event.said = selectors.event_data(request.user, event)
        shown = serializers.EventSerializer(event).data
        body = base64.b64encode(bytes(event.body)).decode() if event.said is not None else None
        return Response({**shown, "said": event.said, "body": body})


class EventProof(APIView):
    @extend_schema(operation_id="ledger_event_proof", parameters=[SIZE], responses=serializers.ProofSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """The proof under the first checkpoint that seals the event; 409 while it waits to be sealed."""
        event = selectors.event_get(request.user, uid)
        size = _whole(request, "size") if "size" in request.query_params else None
        proof = selectors.proof_of(request.user, event, size=size)
        if proof is None:
            raise Conflict("This event is not sealed yet; ask again in a moment.")
        shown = {"uid": event.uid, "seq": proof.index, "leaf": event.leaf, "size": proof.checkpoint.size,
                 "path": proof.path, "checkpoint": proof.checkpoint.note}  # fmt: skip
        return Response(serializers.ProofSerializer(shown).data)


class CheckpointList(SelectorList[Checkpoint]):
    serializer_class = serializers.CheckpointSerializer
    filterset_class = filters.CheckpointFilter
    ordering = ("-size",)
    queryset = Checkpoint.objects.none()

    def get_queryset(self) -> QuerySet[Checkpoint]:
        return selectors.checkpoints_visible(self.request.user)


class CheckpointLatest(APIView):
    @extend_schema(operation_id="ledger_checkpoint_latest", responses=serializers.CheckpointSerializer)
    def get(self, request: Request) -> Response:
        return Response(serializers.CheckpointSerializer(selectors.checkpoint_latest(request.user)).data)


class Consistency(APIView):
    @extend_schema(
        operation_id="ledger_consistency",
        parameters=[OpenApiParameter(name, OpenApiTypes.INT64, required=True) for name in ("from", "to")],
        responses=serializers.ConsistencySerializer,
    )
    def get(self, request: Request) -> Response:
        """The proof that the log of `to` records extends the one of `from` records."""
        old, new = _whole(request, "from"), _whole(request, "to")
        path = selectors.consistency_between(request.user, old, new)
        return Response(serializers.ConsistencySerializer({"old": old, "new": new, "path": path}).data)


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Invalid(fields={name: ["A whole number is needed."]})
    return int(text)
