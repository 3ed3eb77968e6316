"""One filter set for the list of model versions, for the page and the API."""

from __future__ import annotations

import django_filters as filters

from ...choices import ModelRole, ModelStage
from ...models import ModelVersion


class ModelFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=ModelRole.choices, empty_label="All")
    stage = filters.ChoiceFilter(choices=ModelStage.choices, empty_label="All")

    class Meta:
        model = ModelVersion
        fields: tuple[str, ...] = ()
