"""The API of alerts and of single assessments, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from finobs.core.api import SelectorDetail, SelectorList

from ..models import Alert, Assessment
from . import filters, selectors, serializers


class AlertList(SelectorList[Alert]):
    """Alerts of the cases that you may see, the newest first."""

    selector = selectors.alerts_visible
    serializer_class = serializers.AlertSerializer
    filterset_class = filters.AlertFilter


class AlertDetail(SelectorDetail[Alert]):
    """One alert, with the versions that raised it and the input that it was decided on."""

    selector = selectors.alert_get
    serializer_class = serializers.AlertDetailSerializer


class AlertExplanation(SelectorDetail[Alert]):
    """Why the score of an alert is what it is. 404 where no model scored it."""

    selector = selectors.alert_explanation
    serializer_class = serializers.ExplanationSerializer

    def get_object(self) -> Any:
        return super().get_object()[1]


class TransactionExplanation(SelectorDetail[Assessment]):
    """Why the score of any assessed transaction is what it is. 404 where no model scored it."""

    selector = selectors.transaction_explanation
    serializer_class = serializers.ExplanationSerializer

    def get_object(self) -> Any:
        return super().get_object()[1]
