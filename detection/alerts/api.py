"""The API of alerts and of single assessments, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import generics

from finobs.core.api import SelectorList

from ..models import Alert
from . import filters, selectors, serializers


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
