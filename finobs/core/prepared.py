"""What every request of a machine asks or writes: its SQL is written once, not for each request.

Django writes the SQL of a query anew whenever it runs, which costs several times what a lookup by a unique key costs
the database. `Lookup` keeps what Django wrote and changes the one value in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
# Rows in one statement: a database takes so many values (32,766 on SQLite, 65,535 on PostgreSQL).
MAX_ROWS_PER_STATEMENT = 500
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
        found: M | None = kept[self].run(value)
        return found


class _Written:
    """A query as Django wrote it, and how Django reads a row of it."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.alias = rows.db
        compiler = self.compiler = rows.query.get_compiler(using=rows.db)
        self.sql, self.values = compiler.as_sql()
        if self.values.count(VALUE) != 1:
            raise ValueError("a lookup has exactly one value")
        compiler.setup_query()
        first, *_, last = compiler.klass_info["select_fields"]
        self.own, self.model = slice(first, last + 1), compiler.klass_info["model"]
        self.names = [column[0].target.attname for column in compiler.select[self.own]]
        self.related = get_related_populators(compiler.klass_info, compiler.select, rows.db)  # type: ignore[call-arg]
        self.converters = compiler.get_converters([column[0] for column in compiler.select])

    def run(self, value: str) -> Any:
        """The first row as an instance, with what comes along; None without one."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, tuple(value if each == VALUE else each for each in self.values))
            row = cursor.fetchone()
        if row is None:
            return None
        (row,) = self.compiler.apply_converters([row], self.converters)
        found = self.model.from_db(self.alias, self.names, row[self.own])
        for related in self.related:
            related.populate(row, found)
        for name, position in self.compiler.annotation_col_map.items():
            setattr(found, name, row[position])
        return found


@contextmanager
def together() -> Iterator[None]:
    """On PostgreSQL, what is executed inside is sent in one go, the BEGIN of the transaction included, and answered in
    one; it is fetched after the block."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def bulk_insert(made: Sequence[M]) -> Sequence[M]:
    """Insert new rows of one model, 500 in one statement, as `bulk_create` does; those without an id get theirs.

    Rows come all with an id or all without. `bulk_create` would send each column as one array, which psycopg writes
    value by value: with texts of some kilobytes that takes longer than everything else (measured).
    """
    for start in range(0, len(made), MAX_ROWS_PER_STATEMENT):
        _insert(made[start : start + MAX_ROWS_PER_STATEMENT])
    return made


def _insert(made: Sequence[M]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in made[0]._meta.concrete_fields if made[0].pk is not None or not field.primary_key]
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in made for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(type(made[0]), made[0].pk is None, len(made)), values)
        if made[0].pk is None:
            # In the order of the rows, on PostgreSQL and SQLite alike: what Django relies on too.
            for row, (pk,) in zip(made, cursor.fetchall(), strict=True):
                row.pk = pk
    for row in made:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@lru_cache(maxsize=64)
def _insertion(model: type[Model], without_id: bool, number: int) -> str:
    quote, meta = connections[DEFAULT_DB_ALIAS].ops.quote_name, model._meta
    names = [quote(str(field.column)) for field in meta.concrete_fields if not (without_id and field.primary_key)]
    one = f"({', '.join(['%s'] * len(names))})"
    returning = f" RETURNING {quote(str(meta.pk.column))}" if without_id and meta.pk else ""
    return f"INSERT INTO {quote(meta.db_table)} ({', '.join(names)}) VALUES {', '.join([one] * number)}{returning}"  # noqa: S608
