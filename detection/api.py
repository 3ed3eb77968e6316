"""The door for machines, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.accounts.requests import actor_of
from finobs.core.api import Listed, sent
from finobs.core.errors import NotFound

from . import filters, selectors, serializers, services
from .models import Alert, LateBatch, ModelVersion, Reassessment, Rule, RuleVersion


class AlertList(Listed[Alert]):
    queryset = Alert.objects.none()
    serializer_class = serializers.AlertSerializer
    filterset_class = filters.AlertFilter

    def get_queryset(self) -> QuerySet[Alert]:
        return selectors.alerts_visible(self.request.user)


class AlertDetail(generics.RetrieveAPIView[Alert]):
    queryset = Alert.objects.none()
    serializer_class = serializers.AlertDetailSerializer

    def get_object(self) -> Alert:
        return selectors.alert_get(self.request.user, self.kwargs["pk"])


class AlertExplanation(generics.RetrieveAPIView[Alert]):
    """Why the score of an alert is what it is. 404 where no model scored it."""

    queryset = Alert.objects.none()
    serializer_class = serializers.ExplanationSerializer

    def get_object(self) -> Any:
        return selectors.alert_explanation(self.request.user, self.kwargs["pk"])[1]


class TransactionExplanation(generics.RetrieveAPIView[Alert]):
    """Why the score of any assessed transaction is what it is. 404 where no model scored it."""

    queryset = Alert.objects.none()
    serializer_class = serializers.ExplanationSerializer

    def get_object(self) -> Any:
        return selectors.transaction_explanation(self.request.user, self.kwargs["pk"])[1]


class ReassessmentList(Listed[Reassessment]):
    """Decided transactions that late ones touched, where score or outcome is another one since."""

    queryset = Reassessment.objects.none()
    serializer_class = serializers.ReassessmentSerializer
    filterset_class = filters.ReassessmentFilter

    def get_queryset(self) -> QuerySet[Reassessment]:
        return selectors.reassessments_visible(self.request.user)


class BatchLate(generics.RetrieveAPIView[LateBatch]):
    """What the late transactions of a batch touched. 404 where none was late."""

    queryset = LateBatch.objects.none()
    serializer_class = serializers.LateBatchSerializer

    def get_object(self) -> LateBatch:
        found = selectors.late_batch_of(self.request.user, self.kwargs["pk"])
        if found is None:
            raise NotFound
        return found


class RuleList(Listed[Rule]):
    queryset = Rule.objects.none()
    serializer_class = serializers.RuleSerializer
    filterset_class = filters.RuleFilter
    ordering = ("name", "id")

    def get_queryset(self) -> QuerySet[Rule]:
        return selectors.rules_visible(self.request.user)


class RuleDetail(generics.RetrieveAPIView[Rule]):
    queryset = Rule.objects.none()
    serializer_class = serializers.RuleSerializer
    lookup_field = "slug"

    def get_object(self) -> Rule:
        return selectors.rule_get(self.request.user, self.kwargs["slug"])


class RuleVersionList(Listed[RuleVersion]):
    queryset = RuleVersion.objects.none()
    serializer_class = serializers.RuleVersionSerializer
    filter_backends = ()
    ordering = ("-number",)

    def get_queryset(self) -> QuerySet[RuleVersion]:
        rule = selectors.rule_get(self.request.user, self.kwargs["slug"])
        return selectors.rule_versions(self.request.user, rule)

    @extend_schema(request=serializers.RuleChangeSerializer, responses={201: serializers.RuleVersionSerializer})
    def post(self, request: Request, slug: str) -> Response:
        rule = selectors.rule_get(request.user, slug)
        body = sent(serializers.RuleChangeSerializer, request)
        made = services.rule_change(actor=actor_of(request), rule=rule, **body)
        return Response(self.get_serializer(made).data, status=201)


class ModelList(Listed[ModelVersion]):
    queryset = ModelVersion.objects.none()
    serializer_class = serializers.ModelVersionSerializer
    filterset_class = filters.ModelFilter

    def get_queryset(self) -> QuerySet[ModelVersion]:
        return selectors.models_visible(self.request.user)


class ModelDetail(generics.RetrieveAPIView[ModelVersion]):
    queryset = ModelVersion.objects.none()
    serializer_class = serializers.ModelVersionSerializer

    def get_object(self) -> ModelVersion:
        return selectors.model_get(self.request.user, self.kwargs["pk"])
