"""The API of model versions, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList, validated_body
from finobs.core.serializers import OptionalReasonSerializer, SentForApprovalSerializer

from ...models import ModelVersion
from . import filters, selectors, serializers, services


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
