"""The API of training runs, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList, validated_body
from finobs.core.jobs.api import JobAction, JobDetail
from transactions.selectors import source_get

from ...models import TrainingRun
from . import filters, selectors, serializers, services


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


class TrainingRunDetail(JobDetail[TrainingRun]):
    queryset = TrainingRun.objects.none()
    serializer_class = serializers.TrainingRunSerializer

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return selectors.training_runs(self.request.user)


class TrainingRunAction(JobAction[TrainingRun]):
    queryset = TrainingRun.objects.none()
    serializer_class = serializers.TrainingRunSerializer

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return selectors.training_runs(self.request.user)
