"""What machines read of approval requests and send about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finobs.core.serializers import TextField

from . import selectors
from .choices import Vote
from .models import ApprovalDecision, ApprovalRequest


class ApprovalDecisionSerializer(serializers.ModelSerializer[ApprovalDecision]):
    decided_by_name = serializers.CharField(source="decided_by_then.name")

    class Meta:
        model = ApprovalDecision
        fields = ("vote", "reason", "decided_by", "decided_by_name", "decided_at", "digest")
        read_only_fields = fields


class ApprovalRequestSerializer(serializers.ModelSerializer[ApprovalRequest]):
    requested_by_name = serializers.CharField(source="requested_by_then.name")

    class Meta:
        model = ApprovalRequest
        fields = (
            "id", "action", "subject_type", "subject_id", "subject_label", "state", "end_reason", "quorum", "digest",
            "requested_by", "requested_by_name", "created_at", "expires_at", "ended_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class ApprovalRequestDetailSerializer(ApprovalRequestSerializer):
    snapshot = serializers.DictField(help_text="Exactly what approvers are shown; `digest` is of its RFC 8785 bytes.")
    decisions = ApprovalDecisionSerializer(many=True)
    may_decide = serializers.SerializerMethodField()
    why_not = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalRequest
        fields = (*ApprovalRequestSerializer.Meta.fields, "snapshot", "decisions", "may_decide", "why_not")
        read_only_fields = fields

    @extend_schema_field(bool)
    def get_may_decide(self, request: ApprovalRequest) -> bool:
        return not self.get_why_not(request)

    @extend_schema_field(str)
    def get_why_not(self, request: ApprovalRequest) -> str:
        return selectors.may_decide(self.context["request"].user, request)


class DecideSerializer(serializers.Serializer[Any]):
    vote = serializers.ChoiceField(choices=Vote.choices)
    reason = TextField(required=False, allow_blank=True, default="", max_length=2000)
    digest = serializers.CharField(max_length=64, help_text="Of what you were shown.")
