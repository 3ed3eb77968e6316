"""Whom counterparties are resolved to, for machines, over the selectors and services of the pages."""

from __future__ import annotations

from typing import Any

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject
from finobs.core.serializers import ReasonSerializer

from ..models import CounterpartyResolution
from ..selectors import counterparty_get
from . import filters, resolution_selectors, resolution_serializers, selectors, services


class ResolutionList(SelectorList[CounterpartyResolution]):
    """Whom counterparties were said to be, taken back since or not; the latest to be said first.

    Only those of which you may see both the counterparty and the customer.
    """

    selector = resolution_selectors.resolutions_visible
    serializer_class = resolution_serializers.CounterpartyResolutionSerializer
    filterset_class = filters.CounterpartyResolutionFilter


class ResolutionDetail(SelectorDetail[CounterpartyResolution]):
    """One resolution."""

    selector = resolution_selectors.resolution_get
    serializer_class = resolution_serializers.CounterpartyResolutionSerializer


class CounterpartyResolve(ServiceCreate[CounterpartyResolution]):
    """Say that a counterparty is a customer. 409 where it is resolved already, 404 for a customer you may not see."""

    subject = Subject("counterparty", counterparty_get)
    serializer_class = resolution_serializers.CounterpartyResolutionSerializer
    service = services.counterparty_resolve
    body_class = resolution_serializers.CounterpartyResolveSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"customer": selectors.customer_get(self.request.user, body["customer"])}


class CounterpartyUnresolve(ServiceAction[CounterpartyResolution]):
    """Take back that a counterparty is a customer. 409 where that was done already."""

    subject = Subject("resolution", resolution_selectors.resolution_get)
    serializer_class = resolution_serializers.CounterpartyResolutionSerializer
    service = services.counterparty_unresolve
    body_class = ReasonSerializer
