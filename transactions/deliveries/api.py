"""Deliveries over the API: announced, received batch by batch, ended; and what is wrong with them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject
from finobs.core.serializers import ReasonSerializer

from .. import services
from ..filters import DeliveryFaultFilter, DeliveryFilter
from ..models import Delivery, DeliveryFault, DeliverySchedule
from ..selectors import source_get
from . import selectors, serializers


class DeliveryScheduleList(SelectorList[DeliverySchedule], ServiceCreate[DeliverySchedule]):
    """What sources are expected to deliver."""

    selector = selectors.schedules_visible
    serializer_class = serializers.DeliveryScheduleSerializer
    ordering = ("id",)
    service = services.delivery_schedule_create
    body_class = serializers.DeliveryScheduleCreateSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Say what a source delivers, and by when."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"source": source_get(self.request.user, body["source"])}


class DeliveryScheduleDetail(SelectorDetail[DeliverySchedule]):
    """One schedule."""

    selector = selectors.schedule_get
    serializer_class = serializers.DeliveryScheduleSerializer


class DeliveryScheduleChange(ServiceAction[DeliverySchedule]):
    """Change what is expected from now on."""

    subject = Subject("schedule", selectors.schedule_get)
    serializer_class = serializers.DeliveryScheduleSerializer
    service = services.delivery_schedule_change
    body_class = serializers.DeliveryScheduleChangeSerializer


class DeliveryList(SelectorList[Delivery], ServiceCreate[Delivery]):
    """What is expected and what came, the latest business date first."""

    selector = selectors.deliveries_visible
    serializer_class = serializers.DeliverySerializer
    filterset_class = DeliveryFilter
    ordering = ("-business_date", "-id")
    service = services.delivery_open
    body_class = serializers.DeliveryOpenSerializer
    status = 200

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The delivery for a business date: the one that is expected, or a new one for what is sent before its day."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"schedule": selectors.schedule_get(self.request.user, body["schedule"])}


class DeliveryDetail(SelectorDetail[Delivery]):
    """One delivery."""

    selector = selectors.delivery_get
    serializer_class = serializers.DeliverySerializer


class DeliveryAction(ServiceAction[Delivery]):
    """Shared by what a sender does with a delivery."""

    subject = Subject("delivery", selectors.delivery_get)
    serializer_class = serializers.DeliverySerializer


class DeliveryAnnounce(DeliveryAction):
    """State its control totals: how many rows, and what they add up to by currency as decimal text."""

    service = services.delivery_announce
    body_class = serializers.AnnounceSerializer


class DeliveryReceive(DeliveryAction):
    """Count a batch that came in for it. The same batch again changes nothing."""

    service = services.delivery_receive
    body_class = serializers.ReceiveSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return {"batch": selectors.batch_to_receive(self.request.user, subject["delivery"], body["batch"])}


class DeliveryEnd(DeliveryAction):
    """Say that this is all of it."""

    service = services.delivery_end


class DeliveryFaultList(SelectorList[DeliveryFault]):
    """What is or was wrong with deliveries, the latest first."""

    selector = selectors.faults_visible
    serializer_class = serializers.DeliveryFaultSerializer
    filterset_class = DeliveryFaultFilter


class DeliveryFaultSettle(ServiceAction[DeliveryFault]):
    """Say that a fault is dealt with, and how."""

    subject = Subject("fault", selectors.fault_get)
    serializer_class = serializers.DeliveryFaultSerializer
    service = services.delivery_fault_settle
    body_class = ReasonSerializer
