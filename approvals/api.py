"""Approval requests for machines to read, and for people's tools to decide: the services let only people decide."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request as HttpRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList, validated_body
from finobs.core.serializers import OptionalReasonSerializer

from . import selectors, services
from .choices import Vote
from .filters import ApprovalRequestFilter
from .models import ApprovalDecision, ApprovalRequest


class ApprovalDecisionSerializer(serializers.ModelSerializer[ApprovalDecision]):
    decided_by_name = serializers.CharField(source="decided_by.name")

    class Meta:
        model = ApprovalDecision
        fields = ("vote", "reason", "decided_by", "decided_by_name", "decided_at", "digest")
        read_only_fields = fields


class ApprovalRequestSerializer(serializers.ModelSerializer[ApprovalRequest]):
    requested_by_name = serializers.CharField(source="requested_by.name")

    class Meta:
        model = ApprovalRequest
        fields = (
            "id", "action", "subject_type", "subject_id", "subject_label", "state", "outcome", "quorum", "digest",
            "requested_by", "requested_by_name", "created_at", "expires_at", "ended_at",
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


class DecideSerializer(OptionalReasonSerializer):
    vote = serializers.ChoiceField(choices=Vote.choices)
    digest = serializers.CharField(max_length=64, help_text="Of the snapshot that you saw.")


class ApprovalRequestList(SelectorList[ApprovalRequest]):
    """Approval requests about what you may see, newest first."""

    serializer_class = ApprovalRequestSerializer
    filterset_class = ApprovalRequestFilter

    def get_queryset(self) -> QuerySet[ApprovalRequest]:
        return selectors.requests_visible(self.request.user)


class ApprovalRequestDetail(APIView):
    """One request: its snapshot, the decisions so far, and whether you may decide."""

    @extend_schema(operation_id="approvals_retrieve", responses=ApprovalRequestDetailSerializer)
    def get(self, request: HttpRequest, pk: int) -> Response:
        return _answer(request, pk)


class ApprovalRequestDecide(APIView):
    """Approve or reject. The last approval needed carries the action out."""

    @extend_schema(operation_id="approvals_decide", request=DecideSerializer, responses=ApprovalRequestDetailSerializer)
    def post(self, request: HttpRequest, pk: int) -> Response:
        body = validated_body(DecideSerializer, request)
        approval_request = selectors.request_get(request.user, pk)
        services.request_decide(actor=actor_of(request), request=approval_request, **body)
        return _answer(request, pk)


class ApprovalRequestWithdraw(APIView):
    """Take back what you asked for."""

    @extend_schema(
        operation_id="approvals_withdraw", request=OptionalReasonSerializer, responses=ApprovalRequestDetailSerializer
    )
    def post(self, request: HttpRequest, pk: int) -> Response:
        body = validated_body(OptionalReasonSerializer, request)
        approval_request = selectors.request_get(request.user, pk)
        services.request_withdraw(actor=actor_of(request), request=approval_request, **body)
        return _answer(request, pk)


def _answer(request: HttpRequest, pk: int) -> Response:
    approval_request = selectors.request_get(request.user, pk)
    return Response(ApprovalRequestDetailSerializer(approval_request, context={"request": request}).data)
