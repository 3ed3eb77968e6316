"""The filter of every list, here and above, by an id that a feed gave."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from .identifiers import writings


class IdentifierFilter(filters.CharFilter):
    """By an id as people write it: the blanks and the case of an IBAN do not matter."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": sorted(writings(value))}) if value else qs
