"""One filter set for the list of alerts and of what was made of single transactions, for the page and the API."""

from __future__ import annotations

import django_filters as filters

from finobs.core.forms import DATE_INPUT
from transactions.identifier_filter import IdentifierFilter

from ..choices import Outcome
from ..hooks import typology_choices
from ..models import Alert

REVIEW_OR_BLOCK = [(each.value, each.label) for each in (Outcome.REVIEW, Outcome.BLOCK)]


class AlertFilter(filters.FilterSet):
    typology = filters.ChoiceFilter(choices=typology_choices, empty_label="All")
    outcome = filters.ChoiceFilter(choices=REVIEW_OR_BLOCK, empty_label="All")
    account = IdentifierFilter(field_name="account__external_id", label="Account")
    customer = IdentifierFilter(field_name="customer__external_id", label="Customer")
    raised_from = filters.DateFilter("created_at", "date__gte", label="Raised from", widget=DATE_INPUT)
    raised_to = filters.DateFilter("created_at", "date__lte", label="Raised to", widget=DATE_INPUT)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()
