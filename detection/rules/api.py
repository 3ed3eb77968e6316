"""The API of rules, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList, validated_body

from ..models import Rule, RuleVersion
from . import filters, selectors, serializers, services


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
