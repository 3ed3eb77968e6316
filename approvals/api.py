"""Approval requests for machines to read, and for people's tools to decide: the services let only people decide."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request as HttpRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from finobs.accounts.requests import actor_of
from finobs.core.api import Listed, sent

from . import selectors, services
from .choices import Verdict
from .filters import RequestFilter
from .models import Decision, Request


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    decided_by_name = serializers.CharField(source="decided_by.name")

    class Meta:
        model = Decision
        fields = ("verdict", "reason", "decided_by", "decided_by_name", "decided_at", "digest")
        read_only_fields = fields


class RequestSerializer(serializers.ModelSerializer[Request]):
    requested_by_name = serializers.CharField(source="requested_by.name")

    class Meta:
        model = Request
        fields = (
            "id", "action", "subject_type", "subject_id", "subject_label", "state", "outcome", "quorum", "digest",
            "requested_by", "requested_by_name", "created_at", "expires_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class RequestDetailSerializer(RequestSerializer):
    shown = serializers.DictField(help_text="Exactly what approvers are shown; `digest` is of its RFC 8785 bytes.")
    decisions = DecisionSerializer(many=True)
    may_decide = serializers.SerializerMethodField()
    why_not = serializers.SerializerMethodField()

    class Meta:
        model = Request
        fields = (*RequestSerializer.Meta.fields, "shown", "decisions", "may_decide", "why_not")
        read_only_fields = fields

    @extend_schema_field(bool)
    def get_may_decide(self, request: Request) -> bool:
        return not self.get_why_not(request)

    @extend_schema_field(str)
    def get_why_not(self, request: Request) -> str:
        return selectors.may_decide(self.context["request"].user, request)


class DecideSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    digest = serializers.CharField(max_length=64, help_text="Of what you were shown.")


class WithdrawSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class RequestList(Listed[Request]):
    """Approval requests about what you may see, newest first."""

    serializer_class = RequestSerializer
    filterset_class = RequestFilter

    def get_queryset(self) -> QuerySet[Request]:
        return selectors.requests_visible(self.request.user)


class RequestView(APIView):
    """One request: what was shown, what was said, and whether you may decide."""

    @extend_schema(operation_id="approvals_retrieve", responses=RequestDetailSerializer)
    def get(self, request: HttpRequest, pk: int) -> Response:
        return _answer(request, pk)


class RequestDecide(APIView):
    """Approve or reject. The last approval needed carries the action out."""

    @extend_schema(operation_id="approvals_decide", request=DecideSerializer, responses=RequestDetailSerializer)
    def post(self, request: HttpRequest, pk: int) -> Response:
        body = sent(DecideSerializer, request)
        asked = selectors.request_get(request.user, pk)
        services.request_decide(actor=actor_of(request), request=asked, **body)
        return _answer(request, pk)


class RequestWithdraw(APIView):
    """Take back what you asked for."""

    @extend_schema(operation_id="approvals_withdraw", request=WithdrawSerializer, responses=RequestDetailSerializer)
    def post(self, request: HttpRequest, pk: int) -> Response:
        body = sent(WithdrawSerializer, request)
        asked = selectors.request_get(request.user, pk)
        services.request_withdraw(actor=actor_of(request), request=asked, **body)
        return _answer(request, pk)


def _answer(request: HttpRequest, pk: int) -> Response:
    found = selectors.request_get(request.user, pk)
    return Response(RequestDetailSerializer(found, context={"request": request}).data)
