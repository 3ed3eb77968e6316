"""Customers, parties of accounts and relations for machines, over the selectors and services of the pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, ServiceAction, ServiceCreate, Subject
from finobs.core.serializers import ReasonSerializer

from ..choices import IngestMethod, RecordKind
from ..models import AccountParty, Customer, PartyRelation
from ..records.services import records_add
from ..row_batch_list import RowBatchList
from . import filters, selectors, serializers, services
from .moments import asked_moments

MOMENTS = (
    OpenApiParameter("as_at", OpenApiTypes.DATE, description="The day that it is asked of; today if left out"),
    OpenApiParameter("known_at", OpenApiTypes.STR, description="The moment whose knowledge counts; now if left out"),
)


class CustomerList(RowBatchList[Customer]):
    """Customers, with the values of the profile that prevails now; the latest to come in first."""

    selector = selectors.customers_visible
    serializer_class = serializers.CustomerSerializer
    filterset_class = filters.CustomerFilter
    service = partial(records_add, kind=RecordKind.CUSTOMER, method=IngestMethod.REST)
    body_class = serializers.CustomersAddRequestSerializer
    operation_id = "customers_add"
    rows_key = "customers"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One customer, a list of them with ?source=, or an object with source and customers: 1 to 10,000 rows.

        A bad row goes to quarantine and never stops its neighbours.
        """
        return self.act()


class CustomerDetail(SelectorDetail[Customer]):
    """One customer."""

    selector = selectors.customer_get
    serializer_class = serializers.CustomerSerializer


class CustomerProfileDetail(SelectorDetail[Any]):
    """The profile of a customer as it stood at a day, as was known at a moment."""

    selector = selectors.customer_get
    serializer_class = serializers.CustomerProfileSerializer
    parameters = MOMENTS

    def get_object(self) -> selectors.ProfileView:
        customer = super().get_object()
        return selectors.customer_profile(self.request.user, customer, **asked_moments(self.request.query_params))


class CustomerCorrect(ServiceAction[Customer]):
    """Say what is so of a customer from a day on, whole; what was said before stays beside it."""

    subject = Subject("customer", selectors.customer_get)
    serializer_class = serializers.CustomerSerializer
    service = services.customer_correct
    body_class = serializers.CustomerCorrectSerializer


class AccountPartyList(RowBatchList[AccountParty]):
    """Who stands behind accounts, as it was said, corrected since or not; the latest to be said first."""

    selector = selectors.account_parties_visible
    serializer_class = serializers.AccountPartySerializer
    filterset_class = filters.AccountPartyFilter
    service = partial(records_add, kind=RecordKind.ACCOUNT_PARTY, method=IngestMethod.REST)
    body_class = serializers.AccountPartiesAddRequestSerializer
    operation_id = "account_parties_add"
    rows_key = "account_parties"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One party, a list of them with ?source=, or an object with source and account_parties: 1 to 10,000 rows."""
        return self.act()


class AccountPartyAdd(ServiceCreate[AccountParty]):
    """Say that a customer has a role at an account from a day on."""

    subject = Subject("customer", selectors.customer_get)
    serializer_class = serializers.AccountPartySerializer
    service = services.account_party_add
    body_class = serializers.AccountPartyAddSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"account": selectors.account_named(self.request.user, subject["customer"], body["account"])}


class AccountPartyEnd(ServiceCreate[AccountParty]):
    """Say until when a role at an account held: it is said anew, with its end, and answered so."""

    subject = Subject("party", selectors.account_party_get)
    serializer_class = serializers.AccountPartySerializer
    service = services.account_party_end
    body_class = serializers.TieEndSerializer


class AccountPartyWithdraw(ServiceAction[AccountParty]):
    """Say that a customer never had that role at the account."""

    subject = Subject("party", selectors.account_party_get)
    serializer_class = serializers.AccountPartySerializer
    service = services.account_party_withdraw
    body_class = ReasonSerializer


class AccountPartyDetail(SelectorDetail[AccountParty]):
    """One party of an account."""

    selector = selectors.account_party_get
    serializer_class = serializers.AccountPartySerializer


class RelationList(RowBatchList[PartyRelation]):
    """What customers are to each other, as it was said, corrected since or not; the latest to be said first."""

    selector = selectors.relations_visible
    serializer_class = serializers.PartyRelationSerializer
    filterset_class = filters.PartyRelationFilter
    service = partial(records_add, kind=RecordKind.RELATION, method=IngestMethod.REST)
    body_class = serializers.RelationsAddRequestSerializer
    operation_id = "relations_add"
    rows_key = "relations"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One relation, a list of them with ?source=, or an object with source and relations: 1 to 10,000 rows."""
        return self.act()


class RelationAdd(ServiceCreate[PartyRelation]):
    """Say what a customer is to another one from a day on."""

    subject = Subject("customer", selectors.customer_get)
    serializer_class = serializers.PartyRelationSerializer
    service = services.relation_add
    body_class = serializers.RelationAddSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"other": selectors.other_named(self.request.user, subject["customer"], body["other"])}


class RelationEnd(ServiceCreate[PartyRelation]):
    """Say until when a relation held: it is said anew, with its end, and answered so."""

    subject = Subject("relation", selectors.relation_get)
    serializer_class = serializers.PartyRelationSerializer
    service = services.relation_end
    body_class = serializers.TieEndSerializer


class RelationWithdraw(ServiceAction[PartyRelation]):
    """Say that a relation never held."""

    subject = Subject("relation", selectors.relation_get)
    serializer_class = serializers.PartyRelationSerializer
    service = services.relation_withdraw
    body_class = ReasonSerializer


class RelationDetail(SelectorDetail[PartyRelation]):
    """One relation."""

    selector = selectors.relation_get
    serializer_class = serializers.PartyRelationSerializer


class CustomerErase(ServiceAction[Customer]):
    """Ask for the personal data of a customer to be erased; it is, once somebody else has approved."""

    subject = Subject("customer", selectors.customer_get)
    serializer_class = serializers.CustomerSerializer
    service = services.customer_erase
    body_class = ReasonSerializer
    needs_approval = True
