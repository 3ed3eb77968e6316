"""A query that every request of a machine asks: its SQL is written once for each connection, not for each request.

Django writes the SQL of a query anew whenever it runs, which costs several times what a lookup by a unique key costs
the database. `Lookup` keeps what Django wrote and changes the one value in it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=Model)
VALUE = "\x01the value"  # no text that may be asked for


class Lookup(Generic[M]):
    """The row that `build(value)` finds, or None. `build` filters by one text and must not depend on who asks."""

    def __init__(self, build: Callable[[str], QuerySet[M]]) -> None:
        self.build = build

    def __call__(self, value: str) -> M | None:
        # Of this thread's connection: `django.db.connection` itself is one object for all threads.
        kept: dict[Any, Any] = vars(connections[DEFAULT_DB_ALIAS]).setdefault("_finobs_lookups", {})
        if self not in kept:
            kept[self] = _Written(self.build(VALUE)[:1])
        return next(iter(kept[self].run(value)), None)


class _Written:
    """A query with the compiler that wrote it, which knows how to read the rows."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows = rows
        self.compiler = rows.query.get_compiler(using=rows.db)
        self.sql, self.values = self.compiler.as_sql()
        if self.values.count(VALUE) != 1:
            raise ValueError("a lookup has exactly one value")

    def run(self, value: str) -> ModelIterable[Any]:
        compiler = copy.copy(self.compiler)
        values = tuple(value if each == VALUE else each for each in self.values)
        compiler.as_sql = lambda *_, **__: (self.sql, values)
        rows = copy.copy(self.rows)
        query: Any = copy.copy(self.rows.query)
        query.get_compiler = lambda *_, **__: compiler
        rows.query = query
        return ModelIterable(rows)
