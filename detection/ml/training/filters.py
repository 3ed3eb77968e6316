"""One filter set for the list of training runs, for the page and the API."""

from __future__ import annotations

import django_filters as filters

from ...choices import ModelRole, RunState
from ...models import TrainingRun


class TrainingRunFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=ModelRole.choices, empty_label="All")
    state = filters.ChoiceFilter(choices=RunState.choices, empty_label="All")

    class Meta:
        model = TrainingRun
        fields: tuple[str, ...] = ()
