"""The API of rules, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, SelectorList, ServiceCreate, Subject

from ..models import Rule, RuleVersion
from . import filters, selectors, serializers, services


class RuleList(SelectorList[Rule]):
    """Rules, each with what is in force of it."""

    selector = selectors.rules_visible
    serializer_class = serializers.RuleSerializer
    filterset_class = filters.RuleFilter
    ordering = ("name", "id")


class RuleDetail(SelectorDetail[Rule]):
    """One rule, with what is in force of it."""

    selector = selectors.rule_get
    serializer_class = serializers.RuleSerializer


class RuleVersionList(SelectorList[RuleVersion], ServiceCreate[RuleVersion]):
    """The versions of a rule, the newest first."""

    subject = Subject("rule", selectors.rule_get)
    selector = selectors.rule_versions
    serializer_class = serializers.RuleVersionSerializer
    ordering = ("-number",)
    service = services.rule_change
    body_class = serializers.RuleChangeSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Put a new version in force for what comes in from now on."""
        return self.act()
