"""What selectors read in the same words."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from .errors import NotFound

M = TypeVar("M", bound=Model)


def first_or_not_found(rows: QuerySet[M], detail: str = "") -> M:
    """The first of `rows`. Raises NotFound with `detail` where there is none."""
    row = rows.first()
    if row is None:
        raise NotFound(detail)
    return row
