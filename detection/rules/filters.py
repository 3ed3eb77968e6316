"""One filter set for the list of rules, for the page and the API."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet

from finobs.core.filters import YesNoFilter

from ..choices import RuleKind
from ..hooks import typology_choices
from ..models import Rule


class RuleFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=RuleKind.choices, empty_label="All")
    typology = filters.ChoiceFilter(choices=typology_choices, empty_label="All")
    in_force = YesNoFilter(method="by_force", label="Active")

    class Meta:
        model = Rule
        fields: tuple[str, ...] = ()

    def by_force(self, rows: QuerySet[Rule], name: str, value: bool) -> QuerySet[Rule]:
        return rows.filter(live__isnull=not value)
