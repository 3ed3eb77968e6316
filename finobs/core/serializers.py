"""What every app's API sends and answers in the same words."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

MAX_REASON_LENGTH = 2_000


class ReasonSerializer(serializers.Serializer[Any]):
    """Why: the service that gets it says how long it must be."""

    reason = serializers.CharField(max_length=MAX_REASON_LENGTH)


class OptionalReasonSerializer(serializers.Serializer[Any]):
    """Why, where a service asks for it in some states only."""

    reason = serializers.CharField(max_length=MAX_REASON_LENGTH, required=False, allow_blank=True, default="")


class SentForApprovalSerializer(serializers.Serializer[Any]):
    """It is not done yet: it waits for a second pair of eyes."""

    approval_request_id = serializers.IntegerField()
    status = serializers.CharField(help_text='"pending"')
    detail = serializers.CharField()
