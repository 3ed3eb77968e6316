"""The filter that lists of every kind share, for the page and the API."""

from __future__ import annotations

import django_filters as filters

from .choices import JobState


class JobFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=JobState.choices, empty_label="All")
