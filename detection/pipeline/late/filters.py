"""One filter set for each list of what late transactions touched, for the page and the API."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from finobs.core.filters import YesNoFilter
from finobs.core.jobs.filters import JobFilter
from transactions.models import Source
from transactions.selectors import sources_visible

from ...choices import Outcome
from ...models import Reassessment, ReassessmentRun


def sources_offered(request: Any) -> QuerySet[Source]:
    """The sources that whoever asks may choose from: none of others is named."""
    return Source.objects.none() if request is None else sources_visible(request.user)


class ReassessmentFilter(filters.FilterSet):
    batch = filters.NumberFilter(label="Because of batch")
    transaction = filters.NumberFilter(label="Transaction")
    run = filters.NumberFilter(label="Run")
    outcome = filters.ChoiceFilter(choices=Outcome.choices, empty_label="All", label="Outcome now")
    raised = YesNoFilter(method="with_alert", label="Alert raised")

    class Meta:
        model = Reassessment
        fields: tuple[str, ...] = ()

    def with_alert(self, rows: QuerySet[Reassessment], name: str, value: bool) -> QuerySet[Reassessment]:
        return rows.filter(alert__isnull=not value)


class ReassessmentRunFilter(JobFilter):
    source = filters.ModelChoiceFilter(queryset=sources_offered, to_field_name="slug", empty_label="All")

    class Meta:
        model = ReassessmentRun
        fields: tuple[str, ...] = ()
