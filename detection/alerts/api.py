"""The API of alerts and of single assessments, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from finobs.core.api import SelectorDetail
from transactions.choices import IngestMethod, RecordKind
from transactions.records.services import records_add
from transactions.row_batch_list import RowBatchList

from ..models import Alert, Assessment
from . import filters, selectors, serializers


class AlertList(RowBatchList[Alert]):
    """Alerts of the incidents and cases that you may see, the newest first."""

    selector = selectors.alerts_visible
    serializer_class = serializers.AlertSerializer
    filterset_class = filters.AlertFilter
    service = partial(records_add, kind=RecordKind.ALERT, method=IngestMethod.REST)
    body_class = serializers.AlertsAddRequestSerializer
    operation_id = "alerts_add"
    rows_key = "alerts"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One alert that another system raised, a list of them with ?source=, or an object with source and alerts: 1 to
        10,000 rows. A bad row goes to quarantine and never stops its neighbours.
        """
        return self.act()


class AlertDetail(SelectorDetail[Alert]):
    """One alert, with the versions that raised it and the input that it was decided on."""

    selector = selectors.alert_get
    serializer_class = serializers.AlertDetailSerializer


class AlertReplay(SelectorDetail[Alert]):
    """What the alert's versions make of its input now, or why that cannot be tried. Writes nothing."""

    selector = selectors.alert_replay
    serializer_class = serializers.ReplaySerializer

    def get_object(self) -> Any:
        return super().get_object()[1]


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
