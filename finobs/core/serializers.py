"""What every app's API sends and answers in the same words."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields, so that nothing is believed to have been set that was not."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why. The service trims and measures it (`core.reasons`), and refuses in the same words everywhere."""

    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)


class OptionalReasonSerializer(serializers.Serializer[Any]):
    """Why, where a service asks for it in some states only."""

    reason = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, default="")


class SentForApprovalSerializer(serializers.Serializer[Any]):
    """It is not done yet: it waits for a second pair of eyes."""

    approval_request_id = serializers.IntegerField()
    status = serializers.CharField(help_text='"pending"')
    detail = serializers.CharField()
