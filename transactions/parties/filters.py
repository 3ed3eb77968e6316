"""One filter set per list of customers, parties of accounts and relations, for the page and for the API."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from finobs.accounts.org_units import OrgUnit
from finobs.accounts.unit_selectors import units_visible
from finobs.core.filters import YesNoFilter
from finobs.core.forms import DATE_INPUT

from ..choices import CustomerKind, PartyRole, RelationKind, RiskRating
from ..filters import sources_offered
from ..identifier_filter import IdentifierFilter
from ..models import AccountParty, CounterpartyResolution, Customer, PartyRelation
from .assertions import standing
from .customer_search import customer_by_text
from .moments import asked_moments


def units_offered(request: Any) -> QuerySet[OrgUnit]:
    """The units that whoever asks may choose from: none of others is named."""
    return OrgUnit.objects.none() if request is None else units_visible(request.user)


class CustomerFilter(filters.FilterSet):
    text = filters.CharFilter(method="with_text", label="Name or id", max_length=200)
    kind = filters.ChoiceFilter(choices=CustomerKind)
    country = filters.CharFilter(lookup_expr="iexact", label="Country", max_length=2)
    risk_rating = filters.ChoiceFilter(choices=RiskRating, label="Risk")
    is_pep = YesNoFilter(label="Politically exposed")
    is_sanctioned = YesNoFilter(label="Sanctioned")
    segment = filters.CharFilter(label="Segment", max_length=40)
    unit = filters.ModelChoiceFilter(queryset=units_offered, to_field_name="code")
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug")

    class Meta:
        model = Customer
        fields: tuple[str, ...] = ()

    def with_text(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return rows.filter(customer_by_text(value))


class TieFilter(filters.FilterSet):
    """standing: those that are believed now; the others were corrected or ended."""

    standing = YesNoFilter(method="with_standing", label="Stands")
    valid_from = filters.DateFilter("valid_from", "gte", label="From", widget=DATE_INPUT)

    def with_standing(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(withdrawn_at__isnull=value)


class AccountPartyFilter(TieFilter):
    account = IdentifierFilter(field_name="account__external_id", label="Account")
    customer = IdentifierFilter(field_name="customer__external_id", label="Customer")
    role = filters.ChoiceFilter(choices=PartyRole)

    class Meta:
        model = AccountParty
        fields: tuple[str, ...] = ()


class PartyRelationFilter(TieFilter):
    customer = IdentifierFilter(field_name="customer__external_id", label="Customer")
    other = IdentifierFilter(field_name="other__external_id", label="Other customer")
    kind = filters.ChoiceFilter(choices=RelationKind)

    class Meta:
        model = PartyRelation
        fields: tuple[str, ...] = ()


class CounterpartyResolutionFilter(filters.FilterSet):
    """standing: those that are believed now; the others were taken back. known_at: those believed at that moment."""

    counterparty = filters.NumberFilter()
    customer = filters.NumberFilter()
    standing = YesNoFilter(method="with_standing", label="Stands")
    known_at = filters.CharFilter(method="as_known", label="As was known at", max_length=40)

    class Meta:
        model = CounterpartyResolution
        fields: tuple[str, ...] = ()

    def with_standing(
        self, rows: QuerySet[CounterpartyResolution], name: str, value: bool
    ) -> QuerySet[CounterpartyResolution]:
        return rows.filter(withdrawn_at__isnull=value)

    def as_known(
        self, rows: QuerySet[CounterpartyResolution], name: str, value: str
    ) -> QuerySet[CounterpartyResolution]:
        return rows.filter(standing(asked_moments({name: value})[name]))
