"""One filter set for the list of training runs, for the page and the API."""

from __future__ import annotations

import django_filters as filters

from finobs.core.jobs.filters import JobFilter

from ...choices import ModelRole
from ...models import TrainingRun


class TrainingRunFilter(JobFilter):
    role = filters.ChoiceFilter(choices=ModelRole.choices, empty_label="All")

    class Meta:
        model = TrainingRun
        fields: tuple[str, ...] = ()
