"""The door for machines, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList, validated_body
from finobs.core.errors import NotFound
from finobs.core.serializers import OptionalReasonSerializer, SentForApprovalSerializer
from transactions.selectors import source_get

from . import filters, selectors, serializers, services
from .models import Alert, LateBatch, ModelVersion, Reassessment, Rule, RuleVersion, TrainingRun


class AlertList(SelectorList[Alert]):
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


class ReassessmentList(SelectorList[Reassessment]):
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


class RuleList(SelectorList[Rule]):
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


class RuleVersionList(SelectorList[RuleVersion]):
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
        body = validated_body(serializers.RuleChangeSerializer, request)
        made = services.rule_change(actor=actor_of(request), rule=rule, **body)
        return Response(self.get_serializer(made).data, status=201)


class ModelList(SelectorList[ModelVersion]):
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


class ModelStep(generics.GenericAPIView[ModelVersion]):
    """One step of a version's life, by the table of `workflow`. 202 with the request where somebody else approves."""

    queryset = ModelVersion.objects.none()
    serializer_class = OptionalReasonSerializer
    action = ""

    @extend_schema(responses={200: serializers.ModelVersionSerializer, 202: SentForApprovalSerializer})
    def post(self, request: Request, pk: int) -> Response:
        version = selectors.model_get(request.user, pk)
        body = validated_body(OptionalReasonSerializer, request)
        moved = services.STAGE_SERVICES[self.action](actor=actor_of(request), version=version, **body)
        return Response(serializers.ModelVersionSerializer(moved).data)


class TrainingRunList(SelectorList[TrainingRun]):
    queryset = TrainingRun.objects.none()
    serializer_class = serializers.TrainingRunSerializer
    filterset_class = filters.TrainingRunFilter

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return selectors.training_runs(self.request.user)

    @extend_schema(request=serializers.TrainingRequestSerializer, responses={202: serializers.TrainingRunSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a candidate. While one of the role waits or runs, that is the answer."""
        selectors.training_sources(request.user)
        body = validated_body(serializers.TrainingRequestSerializer, request)
        slug = body.pop("source", None)
        source = source_get(request.user, slug) if slug else None
        run = services.training_request(actor=actor_of(request), source=source, **body)
        return Response(self.get_serializer(run).data, status=202)


class TrainingRunDetail(generics.RetrieveAPIView[TrainingRun]):
    queryset = TrainingRun.objects.none()
    serializer_class = serializers.TrainingRunSerializer

    def get_object(self) -> TrainingRun:
        return selectors.training_get(self.request.user, self.kwargs["pk"])


class TrainingRunCancel(generics.GenericAPIView[TrainingRun]):
    queryset = TrainingRun.objects.none()
    serializer_class = OptionalReasonSerializer

    @extend_schema(responses={200: serializers.TrainingRunSerializer})
    def post(self, request: Request, pk: int) -> Response:
        run = selectors.training_get(request.user, pk)
        body = validated_body(OptionalReasonSerializer, request)
        ended = services.training_cancel(actor=actor_of(request), run=run, **body)
        return Response(serializers.TrainingRunSerializer(ended).data)
