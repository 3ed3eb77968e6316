"""What every app's API sends and answers in the same words."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class TextField(serializers.CharField):
    """Text of several lines. What any other field takes is one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})


class SecretField(serializers.CharField):
    """Taken as it is: compared, and never shown. A password may begin and end with a space."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, **kwargs})


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields, so that nothing is believed to have been set that was not."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why. The service trims and measures it (`core.reasons`), and refuses in the same words everywhere."""

    reason = TextField(allow_blank=True)


class OptionalReasonSerializer(serializers.Serializer[Any]):
    """Why, where a service asks for it in some states only."""

    reason = TextField(required=False, allow_blank=True, default="")


class SentForApprovalSerializer(serializers.Serializer[Any]):
    """It is not done yet: it waits for a second pair of eyes."""

    approval_request_id = serializers.IntegerField()
    status = serializers.CharField(help_text='"pending"')
    detail = serializers.CharField()
