"""Accounts' and counterparties' details, and the list of counterparties, for machines."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, ServiceAction, Subject

from . import filters, models, party_serializers, selectors, services
from .choices import IngestMethod, RecordKind
from .records.services import records_add
from .row_batch_list import RowBatchList


class AccountDetails(SelectorDetail[models.AccountDetails], ServiceAction[models.AccountDetails]):
    """What is known of an account beyond its id."""

    http_method_names = ("get", "patch", "head", "options")
    selector = selectors.account_details_get
    serializer_class = party_serializers.AccountDetailsSerializer
    subject = Subject("details", selectors.account_details_get)
    service = services.account_change
    body_class = party_serializers.AccountChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Change what is known of an account; what is left out stays."""
        return self.act()


class CounterpartyList(RowBatchList[models.Counterparty]):
    """Counterparties with what is known of them; the latest to appear first."""

    selector = selectors.counterparties_visible
    serializer_class = party_serializers.CounterpartySerializer
    filterset_class = filters.CounterpartyFilter
    service = partial(records_add, kind=RecordKind.COUNTERPARTY, method=IngestMethod.REST)
    body_class = party_serializers.CounterpartiesAddRequestSerializer
    operation_id = "counterparties_add"
    rows_key = "counterparties"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """What is known of one counterparty, a list of them with ?source=, or an object with source and
        counterparties: 1 to 10,000 rows. What a row leaves out stays as it is."""
        return self.act()


class CounterpartyDetail(SelectorDetail[models.Counterparty]):
    """One counterparty."""

    selector = selectors.counterparty_get
    serializer_class = party_serializers.CounterpartySerializer


class CounterpartyDetails(SelectorDetail[models.CounterpartyDetails], ServiceAction[models.CounterpartyDetails]):
    """What is known of a counterparty beyond its id."""

    http_method_names = ("get", "patch", "head", "options")
    selector = selectors.counterparty_details_get
    serializer_class = party_serializers.CounterpartyDetailsSerializer
    subject = Subject("details", selectors.counterparty_details_get)
    service = services.counterparty_change
    body_class = party_serializers.CounterpartyChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Change what is known of a counterparty; what is left out stays."""
        return self.act()
