"""One filter set per list, for the page and for the API."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet

from finobs.core import money
from finobs.core.errors import Invalid
from finobs.core.filters import YesNoFilter
from finobs.core.forms import DATE_INPUT

from .choices import Direction, IngestMethod, QuarantineReason, QuarantineState
from .identifier_filter import IdentifierFilter
from .models import Account, Batch, Label, QuarantinedRow, Source, Transaction


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
        return cleaned


class TransactionFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(queryset=Source.objects.all(), to_field_name="slug")
    account = IdentifierFilter(field_name="account__external_id", label="Account")
    counterparty = IdentifierFilter(field_name="counterparty__external_id", label="Counterparty")
    external_id = IdentifierFilter(label="Id at the source")
    occurred_from = filters.DateFilter("occurred_at", "date__gte", label="Occurred from", widget=DATE_INPUT)
    occurred_to = filters.DateFilter("occurred_at", "date__lte", label="Occurred to", widget=DATE_INPUT)
    currency = filters.CharFilter(max_length=3)
    amount_min = filters.NumberFilter("amount_minor", "gte", label="Amount from")
    amount_max = filters.NumberFilter("amount_minor", "lte", label="Amount to")
    direction = filters.ChoiceFilter(choices=Direction)
    batch = filters.NumberFilter(label="Batch")

    class Meta:
        model = Transaction
        fields: tuple[str, ...] = ()
        form = AmountForm


class AccountFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(queryset=Source.objects.all(), to_field_name="slug")
    external_id = filters.CharFilter(lookup_expr="startswith", label="Id begins with")

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()


class BatchFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(queryset=Source.objects.all(), to_field_name="slug")
    method = filters.ChoiceFilter(choices=IngestMethod)
    faulty = YesNoFilter(method="with_faults", label="With rows in quarantine")

    class Meta:
        model = Batch
        fields: tuple[str, ...] = ()

    def with_faults(self, rows: QuerySet[Batch], name: str, value: bool) -> QuerySet[Batch]:
        return rows.filter(quarantined__gt=0) if value else rows.filter(quarantined=0)


class LabelFilter(filters.FilterSet):
    source = filters.ModelChoiceFilter(
        field_name="transaction__source", queryset=Source.objects.all(), to_field_name="slug"
    )
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
    source = filters.ModelChoiceFilter(queryset=Source.objects.all(), to_field_name="slug")
    reason = filters.ChoiceFilter(choices=QuarantineReason)
    batch = filters.NumberFilter(label="Batch")

    class Meta:
        model = QuarantinedRow
        fields: tuple[str, ...] = ()
