"""What the API says of whom counterparties are resolved to."""

from __future__ import annotations

from rest_framework import serializers

from finobs.core.serializers import ReasonSerializer

from ..models import CounterpartyResolution


class CounterpartyResolutionSerializer(serializers.ModelSerializer[CounterpartyResolution]):
    """`withdrawn_at`: since when it is believed no more; null of what stands."""

    source = serializers.CharField(source="counterparty.source.slug")  # type: ignore[assignment]
    counterparty = serializers.CharField(source="counterparty.external_id")
    customer_source = serializers.CharField(source="customer.source.slug")
    customer = serializers.CharField(source="customer.external_id")
    customer_name = serializers.CharField(source="customer.name")
    recorded_by = serializers.CharField(source="recorder_then.name")
    withdrawn_by = serializers.CharField(source="withdrawer_then.name", default="")

    class Meta:
        model = CounterpartyResolution
        fields: tuple[str, ...] = (
            "id", "source", "counterparty_id", "counterparty", "customer_source", "customer_id", "customer",
            "customer_name", "reason", "recorded_at", "recorded_by", "withdrawn_at", "withdrawn_by",
            "withdrawal_reason",
        )  # fmt: skip
        read_only_fields = fields


class CounterpartyResolveSerializer(ReasonSerializer):
    customer = serializers.IntegerField(min_value=1, help_text="Its number here, not its id at the source")
