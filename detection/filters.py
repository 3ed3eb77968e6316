"""One filter set per list, for the page and for the API."""

from __future__ import annotations

import django_filters as filters
from django import forms
from django.db.models import QuerySet

from .choices import ModelRole, ModelStage, Outcome, RuleKind, RunState, Typology
from .models import Alert, ModelVersion, Reassessment, Rule, TrainingRun

DATE_INPUT = forms.DateInput(attrs={"type": "date"})
ALL_YES_NO = forms.Select(choices=[("", "All"), ("true", "Yes"), ("false", "No")])
REVIEW_OR_BLOCK = [(each.value, each.label) for each in (Outcome.REVIEW, Outcome.BLOCK)]


class AlertFilter(filters.FilterSet):
    typology = filters.ChoiceFilter(choices=Typology.choices, empty_label="All")
    outcome = filters.ChoiceFilter(choices=REVIEW_OR_BLOCK, empty_label="All")
    account = filters.CharFilter(field_name="account__external_id", label="Account")
    raised_from = filters.DateFilter("created_at", "date__gte", label="Raised from", widget=DATE_INPUT)
    raised_to = filters.DateFilter("created_at", "date__lte", label="Raised to", widget=DATE_INPUT)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()


class RuleFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=RuleKind.choices, empty_label="All")
    typology = filters.ChoiceFilter(choices=Typology.choices, empty_label="All")
    in_force = filters.BooleanFilter(method="by_force", label="In force", widget=ALL_YES_NO)

    class Meta:
        model = Rule
        fields: tuple[str, ...] = ()

    def by_force(self, rows: QuerySet[Rule], name: str, value: bool) -> QuerySet[Rule]:
        return rows.filter(live__isnull=not value)


class ModelFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=ModelRole.choices, empty_label="All")
    stage = filters.ChoiceFilter(choices=ModelStage.choices, empty_label="All")

    class Meta:
        model = ModelVersion
        fields: tuple[str, ...] = ()


class TrainingRunFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=ModelRole.choices, empty_label="All")
    state = filters.ChoiceFilter(choices=RunState.choices, empty_label="All")

    class Meta:
        model = TrainingRun
        fields: tuple[str, ...] = ()


class ReassessmentFilter(filters.FilterSet):
    batch = filters.NumberFilter(label="Because of batch")
    transaction = filters.NumberFilter(label="Transaction")
    outcome = filters.ChoiceFilter(choices=Outcome.choices, empty_label="All", label="Outcome now")
    raised = filters.BooleanFilter(method="with_alert", label="Alert raised", widget=ALL_YES_NO)

    class Meta:
        model = Reassessment
        fields: tuple[str, ...] = ()

    def with_alert(self, rows: QuerySet[Reassessment], name: str, value: bool) -> QuerySet[Reassessment]:
        return rows.filter(alert__isnull=not value)
