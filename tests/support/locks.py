"""Which rows a service locks before it reads them: the same on a database that has no row locks.

Tests with threads (PostgreSQL) show what a lock is for; these show that it is asked for, on every database, and first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db.models import QuerySet


@contextmanager
def locked_models() -> Iterator[list[str]]:
    """Labels of the models whose rows are asked for with a lock within the block, in their order."""
    lock = QuerySet.select_for_update
    labels: list[str] = []

    def noting(self: QuerySet[Any], *args: Any, **options: Any) -> QuerySet[Any]:
        labels.append(self.model._meta.label_lower)
        return lock(self, *args, **options)

    with mock.patch.object(QuerySet, "select_for_update", noting):
        yield labels
