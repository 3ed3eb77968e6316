"""The filter of every list, here and above, by an id that a feed gave."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Model, QuerySet

from .identifiers import writings
from .models import Source


def keys_by_identifier(model: Any, text: str) -> list[int]:
    """Primary keys of the rows of a source (accounts, transactions) that a person may mean who writes `text`.

    Within every source, for ids are unique within theirs: so the database has an index for them.
    """
    sources = Source.objects.order_by().values("pk")
    rows = model.objects.order_by().filter(source__in=sources, external_id__in=sorted(writings(text)))
    return list(rows.values_list("pk", flat=True))


class IdentifierFilter(filters.CharFilter):
    """By an id as people write it: the blanks and the case of an IBAN do not matter.

    Its row is looked up first: the list is then of a few keys, for which each table has an index.
    """

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        path, _, _ = str(self.field_name).rpartition("__")
        model: type[Model] = qs.model
        for step in filter(None, path.split("__")):
            related: Any = model._meta.get_field(step).related_model
            model = related
        return qs.filter(**{f"{path or 'pk'}__in": keys_by_identifier(model, value)})
