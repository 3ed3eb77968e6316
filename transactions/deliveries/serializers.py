"""Deliveries for machines."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ..choices import DeliveryFaultKind
from ..models import Delivery, DeliveryFault, DeliverySchedule
from ..services.delivery_schedule import SCHEDULE_FIELDS


class DeliveryScheduleSerializer(serializers.ModelSerializer[DeliverySchedule]):
    source = serializers.SlugField(source="source.slug", read_only=True)  # type: ignore[assignment]
    weekdays = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6), required=False)
    holidays = serializers.ListField(child=serializers.CharField(max_length=10), required=False)

    class Meta:
        model = DeliverySchedule
        fields = ("id", "source", "version", *SCHEDULE_FIELDS)
        read_only_fields = ("id", "version")


class DeliveryScheduleCreateSerializer(DeliveryScheduleSerializer):
    source = serializers.SlugField(max_length=40)

    class Meta(DeliveryScheduleSerializer.Meta):
        fields = ("source", *SCHEDULE_FIELDS)  # type: ignore[assignment]
        # The service says that a name is taken, for every door.
        validators: list[Any] = []  # noqa: RUF012


class DeliveryScheduleChangeSerializer(DeliveryScheduleCreateSerializer):
    class Meta(DeliveryScheduleCreateSerializer.Meta):
        fields = SCHEDULE_FIELDS  # type: ignore[assignment]
        extra_kwargs = {name: {"required": False} for name in SCHEDULE_FIELDS}  # noqa: RUF012

    source = None  # type: ignore[assignment]


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """Sums are whole minor units as text, by currency."""

    source = serializers.SlugField(source="schedule.source.slug")  # type: ignore[assignment]
    schedule_id = serializers.IntegerField()
    schedule = serializers.CharField(source="schedule.name")
    is_late = serializers.BooleanField()

    class Meta:
        model = Delivery
        fields = (
            "id", "source", "schedule_id", "schedule", "business_date", "due_at", "state", "is_late", "control_rows",
            "control_sums", "received_rows", "received_sums", "first_at", "ended_at", "completed_at", "version",
        )  # fmt: skip


class DeliveryOpenSerializer(serializers.Serializer[Any]):
    schedule = serializers.IntegerField(help_text="Id of the schedule")
    business_date = serializers.DateField()


class AnnounceSerializer(serializers.Serializer[Any]):
    rows = serializers.IntegerField(min_value=0)
    sums = serializers.DictField(child=serializers.CharField(max_length=40), required=False)
    reason = serializers.CharField(required=False, max_length=2_000)


class ReceiveSerializer(serializers.Serializer[Any]):
    batch = serializers.IntegerField(help_text="Id of the batch")


class DeliveryFaultSerializer(serializers.ModelSerializer[DeliveryFault]):
    source = serializers.SlugField(source="delivery.schedule.source.slug")  # type: ignore[assignment]
    delivery_id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DeliveryFaultKind.choices)

    class Meta:
        model = DeliveryFault
        fields = (
            "id", "source", "delivery_id", "kind", "detail", "raised_at", "settled_at", "settled_reason", "version",
        )  # fmt: skip
