"""One filter set per list, for the page and for the API."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from finobs.core import money
from finobs.core.errors import Invalid
from finobs.core.filters import YesNoFilter
from finobs.core.forms import DATE_INPUT

from .attribute_filter import AttributeCondition, attribute_condition
from .attributes import declared
from .choices import (
    AccountKind,
    AccountStatus,
    CounterpartyKind,
    DeliveryFaultKind,
    DeliveryState,
    Direction,
    IngestMethod,
    PaymentMethod,
    QuarantineReason,
    QuarantineState,
    RecordKind,
)
from .deliveries.selectors import delivering_sources
from .identifier_filter import IdentifierFilter, keys_by_identifier
from .models import (
    Account,
    Batch,
    Counterparty,
    CounterpartyDetails,
    CounterpartyResolution,
    Delivery,
    DeliveryFault,
    ExchangeRate,
    Label,
    QuarantinedRow,
    Source,
    Transaction,
)
from .parties.resolution_selectors import resolutions_visible
from .selectors import sources_visible

# One of these beside an attribute, or two days: so many rows are looked at, and no more.
ATTRIBUTE_BOUNDS = ("account", "counterparty", "external_id", "batch")


# Of counterparties whose name holds a text, as many as a list has use for.
MAX_NAMED_KEYS = 1_000


def sources_offered(request: Any) -> QuerySet[Source]:
    """The sources that whoever asks may choose from: none of others is named."""
    return Source.objects.none() if request is None else sources_visible(request.user)


def delivering_sources_offered(request: Any) -> QuerySet[Source]:
    return Source.objects.none() if request is None else delivering_sources(request.user)


class AmountForm(forms.Form):
    """Amounts mean something in a currency only."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        currency = cleaned["currency"] = (cleaned.get("currency") or "").upper()
        for name in ("amount_min", "amount_max"):
            if (value := cleaned.get(name)) is None:
                continue
            try:
                cleaned[name] = money.to_minor(value, currency) if currency else None
            except Invalid as error:
                self.add_error(name, error.detail)
            # Without a currency the number of minor units is unknown: 100 is one dollar and a hundred yen.
            if not currency:
                self.add_error("currency", "Name the currency of the amount.")
        if cleaned.get("attribute"):
            self._clean_attribute(cleaned)
        return cleaned

    def _clean_attribute(self, cleaned: dict[str, Any]) -> None:
        """Typed as the source declares it, and within rows that an index finds: values of JSON have none."""
        try:
            if not (source := cleaned.get("source")):
                raise ValueError("Name the source that declares the attribute.")
            has_days = cleaned.get("occurred_from") and cleaned.get("occurred_to")
            if not has_days and not any(cleaned.get(name) for name in ATTRIBUTE_BOUNDS):
                raise ValueError("Name an account, a counterparty, a batch, or the first and the last day beside it.")
            cleaned["attribute"] = attribute_condition(cleaned["attribute"], declared(source.attributes))
        except ValueError as error:
            self.add_error("attribute", str(error))


class TransactionFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug")
    account = IdentifierFilter(field_name="account__external_id", label="Account")
    counterparty = IdentifierFilter(field_name="counterparty__external_id", label="Counterparty")
    external_id = IdentifierFilter(label="Id at the source")
    occurred_from = filters.DateFilter("occurred_at", "date__gte", label="Occurred from", widget=DATE_INPUT)
    occurred_to = filters.DateFilter("occurred_at", "date__lte", label="Occurred to", widget=DATE_INPUT)
    currency = filters.CharFilter(max_length=3)
    amount_min = filters.NumberFilter("amount_minor", "gte", label="Amount from")
    amount_max = filters.NumberFilter("amount_minor", "lte", label="Amount to")
    direction = filters.ChoiceFilter(choices=Direction)
    method = filters.ChoiceFilter(choices=PaymentMethod)
    counterparty_country = filters.CharFilter(max_length=2, method="of_country", label="Country of the counterparty")
    attribute = filters.CharFilter(
        max_length=300, method="with_attribute", label="Attribute", help_text="mcc=5411, or risk>=0.5"
    )
    batch = filters.NumberFilter(label="Batch")

    class Meta:
        model = Transaction
        fields: tuple[str, ...] = ()
        form = AmountForm

    def of_country(self, rows: QuerySet[Transaction], name: str, value: str) -> QuerySet[Transaction]:
        return rows.filter(counterparty_country=value.upper())

    def with_attribute(
        self, rows: QuerySet[Transaction], name: str, value: AttributeCondition
    ) -> QuerySet[Transaction]:
        return rows.filter(**{f"attributes__{value.name}{value.lookup}": value.value})


class AccountFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug")
    external_id = filters.CharFilter(lookup_expr="startswith", label="Id begins with")
    kind = filters.ChoiceFilter(field_name="details__kind", choices=AccountKind)
    status = filters.ChoiceFilter(field_name="details__status", choices=AccountStatus)

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()


class CounterpartyFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug")
    text = filters.CharFilter(
        method="with_text", max_length=140, label="Id or name", help_text="The whole id, or a part of the name"
    )
    country = filters.CharFilter(method="of_country", max_length=2)
    kind = filters.ChoiceFilter(field_name="details__kind", choices=CounterpartyKind)
    resolved = YesNoFilter(method="with_customer", label="Resolved to a customer")
    customer = filters.NumberFilter(method="of_customer", label="Resolved to customer number")

    class Meta:
        model = Counterparty
        fields: tuple[str, ...] = ()

    def of_country(self, rows: QuerySet[Counterparty], name: str, value: str) -> QuerySet[Counterparty]:
        return rows.filter(details__country=value.upper())

    def with_customer(self, rows: QuerySet[Counterparty], name: str, value: bool) -> QuerySet[Counterparty]:
        standing = Exists(self._standing().filter(counterparty=OuterRef("pk")))
        return rows.filter(standing if value else ~standing)

    def of_customer(self, rows: QuerySet[Counterparty], name: str, value: int) -> QuerySet[Counterparty]:
        return rows.filter(pk__in=self._standing().filter(customer=value).order_by().values("counterparty"))

    def _standing(self) -> QuerySet[CounterpartyResolution]:
        """Those that whoever asks may know of: by a filter nobody learns of others."""
        return resolutions_visible(self.request.user).filter(withdrawn_at=None)

    def with_text(self, rows: QuerySet[Counterparty], name: str, value: str) -> QuerySet[Counterparty]:
        # Two look-ups, then a list of keys: an OR over both tables would read each of them whole.
        named = CounterpartyDetails.objects.order_by().filter(name__icontains=value)
        keys = list(named.values_list("pk", flat=True)[:MAX_NAMED_KEYS])
        return rows.filter(pk__in=[*keys_by_identifier(Counterparty, value), *keys])


class ExchangeRateFilter(filters.FilterSet):
    base = filters.CharFilter(method="of_currency", max_length=3)
    quote = filters.CharFilter(method="of_currency", max_length=3)
    date_from = filters.DateFilter("date", "gte", label="From", widget=DATE_INPUT)
    date_to = filters.DateFilter("date", "lte", label="To", widget=DATE_INPUT)
    source = filters.CharFilter(max_length=40)

    class Meta:
        model = ExchangeRate
        fields: tuple[str, ...] = ()

    def of_currency(self, rows: QuerySet[ExchangeRate], name: str, value: str) -> QuerySet[ExchangeRate]:
        return rows.filter(**{name: value.upper()})


class BatchFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=RecordKind)
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug")
    method = filters.ChoiceFilter(choices=IngestMethod)
    faulty = YesNoFilter(method="with_faults", label="With rows in quarantine")

    class Meta:
        model = Batch
        fields: tuple[str, ...] = ()

    def with_faults(self, rows: QuerySet[Batch], name: str, value: bool) -> QuerySet[Batch]:
        return rows.filter(quarantined__gt=0) if value else rows.filter(quarantined=0)


class DeliveryFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(
        field_name="schedule__source", queryset=delivering_sources_offered, to_field_name="slug"
    )
    schedule = filters.NumberFilter(label="Schedule")
    state = filters.ChoiceFilter(choices=DeliveryState)
    business_from = filters.DateFilter("business_date", "gte", label="Business date from", widget=DATE_INPUT)
    business_to = filters.DateFilter("business_date", "lte", label="Business date to", widget=DATE_INPUT)

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()


class DeliveryFaultFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(
        field_name="delivery__schedule__source", queryset=delivering_sources_offered, to_field_name="slug"
    )
    kind = filters.ChoiceFilter(choices=DeliveryFaultKind)
    is_open = YesNoFilter(method="with_open", label="Open")

    class Meta:
        model = DeliveryFault
        fields: tuple[str, ...] = ()

    def with_open(self, rows: QuerySet[DeliveryFault], name: str, value: bool) -> QuerySet[DeliveryFault]:
        return rows.filter(settled_at__isnull=value)


class LabelFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(field_name="transaction__source", queryset=sources_offered, to_field_name="slug")
    external_id = IdentifierFilter(field_name="transaction__external_id", label="Id of the transaction")
    is_suspicious = YesNoFilter()
    typology = filters.CharFilter()
    known_from = filters.DateFilter("known_at", "date__gte", label="Known from", widget=DATE_INPUT)
    known_to = filters.DateFilter("known_at", "date__lte", label="Known to", widget=DATE_INPUT)

    class Meta:
        model = Label
        fields: tuple[str, ...] = ()


class QuarantineFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=QuarantineState)
    kind = filters.ChoiceFilter(choices=RecordKind)
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug")
    reason = filters.ChoiceFilter(choices=QuarantineReason)
    batch = filters.NumberFilter(label="Batch")

    class Meta:
        model = QuarantinedRow
        fields: tuple[str, ...] = ()
