"""Filters of lists in the back office."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


def code_filter(field: str, choices: Callable[[], Sequence[tuple[str, str]]]) -> type[admin.SimpleListFilter]:
    """A filter by a column of codes whose words are data. Django's own would read every row for those that occur."""

    class CodeFilter(admin.SimpleListFilter):
        title = field.replace("_", " ")
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
            return choices()

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return CodeFilter
