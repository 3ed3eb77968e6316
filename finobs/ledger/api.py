"""The ledger for machines: only reads, by the selectors and filters of the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, SelectorList
from finobs.core.errors import Invalid

from . import filters, selectors, serializers
from .models import Checkpoint, Event


class EventList(SelectorList[Event]):
    """Who did what, to what, when: the newest events first."""

    selector = selectors.events_visible
    serializer_class = serializers.EventSerializer
    filterset_class = filters.EventFilter


class EventDetail(SelectorDetail[Event]):
    """One event; what it says only for who may see what it speaks of."""

    selector = selectors.event_get
    serializer_class = serializers.EventDetailSerializer
    operation_id = "ledger_event"

    def get_object(self) -> Any:
        event = super().get_object()
        event.content = selectors.event_data(self.request.user, event)
        return event


class EventProof(SelectorDetail[Event]):
    """The inclusion proof under the first checkpoint that seals the event; 409 while it waits to be sealed.

    The answer is a file that `verify.py` checks without finobs.
    """

    selector = selectors.event_get
    serializer_class = serializers.InclusionProofSerializer
    operation_id = "ledger_event_proof"
    parameters = (OpenApiParameter("size", OpenApiTypes.INT64, description="Prove under the checkpoint of this size"),)

    def get_object(self) -> Any:
        size = _integer_parameter(self.request, "size") if "size" in self.request.query_params else None
        return selectors.inclusion_proof(self.request.user, super().get_object(), size).document


class CheckpointList(SelectorList[Checkpoint]):
    """Every signed statement of the tree, the largest first."""

    selector = selectors.checkpoints_visible
    serializer_class = serializers.CheckpointSerializer
    filterset_class = filters.CheckpointFilter
    ordering = ("-size",)


class CheckpointLatest(SelectorDetail[Checkpoint]):
    """The newest signed statement of the tree."""

    selector = selectors.checkpoint_latest
    serializer_class = serializers.CheckpointSerializer
    operation_id = "ledger_checkpoint_latest"


class ConsistencyProof(SelectorDetail[Checkpoint]):
    """The proof that the log at the checkpoint of `to` records extends the one at the checkpoint of `from` records.

    The answer is a file that `verify.py` checks without finobs.
    """

    selector = selectors.consistency_proof
    serializer_class = serializers.ConsistencyProofSerializer
    operation_id = "ledger_consistency"
    parameters = tuple(OpenApiParameter(name, OpenApiTypes.INT64, required=True) for name in ("from", "to"))

    def get_object(self) -> Any:
        old, new = _integer_parameter(self.request, "from"), _integer_parameter(self.request, "to")
        return selectors.consistency_proof(self.request.user, old, new).document


def _integer_parameter(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Invalid(fields={name: ["A whole number is needed."]})
    return int(text)
