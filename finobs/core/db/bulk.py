"""The one way to insert many rows: VALUES for few, COPY for many on PostgreSQL and executemany on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db.models import BinaryField, CharField, Field, Model, TextField

from .dialect import database_time, is_postgresql, table_of
from .ids import reserve
from .pipeline import send_later, send_waiting

M = TypeVar("M", bound=Model)
Row = Sequence[Any]
# COPY takes less time than VALUES from eight rows on, half of it at twenty (measured on rows of ten columns).
MIN_COPY_ROWS = 20
# Instances in one statement: a database takes so many values (32,766 on SQLite, 65,535 on PostgreSQL).
MAX_ROWS_PER_STATEMENT = 500
_TEXT_PREPARATIONS = (CharField.get_prep_value, TextField.get_prep_value)


@dataclass(frozen=True, slots=True)
class _Target:
    """A table with the columns that are written, as SQL names them, and the places of times among them."""

    table: str
    columns: str
    width: int
    pk: str
    times: tuple[int, ...]

    @property
    def into(self) -> str:
        return f"{self.table} ({self.columns})"


def insert_rows(model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, later: bool = False) -> None:
    """Insert rows, each the values of `columns` in this order; times are aware datetimes.

    later: few rows go with the next statement (`pipeline.send_later`), which then raises what is wrong with them.
    Raises what Django raises: IntegrityError, DataError.
    """
    if not rows:
        return
    target = _target(model, tuple(columns))
    values = _adapted(target, rows)
    if len(rows) < MIN_COPY_ROWS:
        _execute(_values_statement(target, len(rows)), values, later=later)
    elif is_postgresql():
        _copy(target.into, values)
    else:
        with connection.cursor() as cursor:
            cursor.executemany(_values_statement(target, 1), values)


def insert_missing(model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> set[int]:
    """The same for rows that begin with their primary key; returns the keys of those that got in.

    The others conflict with what a simultaneous transaction brought in. On SQLite there is none (one writer): a
    conflict is an IntegrityError.
    """
    if not rows:
        return set()
    if not is_postgresql():
        insert_rows(model, columns, rows)
        return {row[0] for row in rows}
    target = _target(model, tuple(columns))
    if len(rows) < MIN_COPY_ROWS:
        statement = f"{_values_statement(target, len(rows))} ON CONFLICT DO NOTHING RETURNING {target.pk}"
        return {pk for (pk,) in _execute(statement, rows)}
    try:
        with transaction.atomic():
            _copy(target.into, rows)
    except IntegrityError:
        return _copy_around(target, model, rows)
    return {row[0] for row in rows}


def insert_instances(instances: Sequence[M], *, later: bool = False) -> Sequence[M]:
    """Insert new instances of one model, 500 in one statement, as `bulk_create` does; those without an id get theirs.

    They come all with an id or all without. later: as of `insert_rows`; those without an id then get none.
    `bulk_create` would send each column as one array, which psycopg writes value by value: with texts of some kilobytes
    that takes longer than everything else (measured).
    """
    for start in range(0, len(instances), MAX_ROWS_PER_STATEMENT):
        _insert_instances(instances[start : start + MAX_ROWS_PER_STATEMENT], later=later)
    return instances


def insert_many(instances: Sequence[M]) -> Sequence[M]:
    """Insert new instances of one model, which get their ids beforehand: by COPY on PostgreSQL, row by row on SQLite.

    For thousands: half the time of `bulk_create` (measured with customers and their history). Fields are asked for
    their values as a save would ask them.
    """
    if not instances:
        return instances
    model = type(instances[0])
    fields = model._meta.concrete_fields
    for each, pk in zip(instances, reserve(model, len(instances)), strict=True):
        each.pk = pk
    target = _target(model, tuple(str(field.column) for field in fields))
    database = connections[DEFAULT_DB_ALIAS]
    rows = [[_prepared(field, field.pre_save(each, True), database) for field in fields] for each in instances]
    if is_postgresql():
        _copy(target.into, rows)
    else:
        with connection.cursor() as cursor:
            cursor.executemany(_values_statement(target, 1), rows)
    for each in instances:
        each._state.adding, each._state.db = False, DEFAULT_DB_ALIAS
    return instances


def _insert_instances(instances: Sequence[M], *, later: bool) -> None:
    model, with_pk = type(instances[0]), instances[0].pk is not None
    fields = [field for field in model._meta.concrete_fields if with_pk or not field.primary_key]
    target = _target(model, tuple(str(field.column) for field in fields))
    # Itself, not the proxy, which looks for it at each touch.
    database = connections[DEFAULT_DB_ALIAS]
    rows = [[_prepared(field, getattr(each, field.attname), database) for field in fields] for each in instances]
    statement = _values_statement(target, len(rows))
    if with_pk or later:
        _execute(statement, rows, later=later)
    else:
        # In the order of the rows, on PostgreSQL and SQLite alike: what Django relies on too.
        for each, (pk,) in zip(instances, _execute(f"{statement} RETURNING {target.pk}", rows), strict=True):
            each.pk = pk
    for each in instances:
        each._state.adding, each._state.db = False, DEFAULT_DB_ALIAS


def _prepared(field: Any, value: Any, database: Any) -> Any:
    """As Django would give it to the database, without its dozen calls where it would give the value itself."""
    kind: Any = type(field)
    if type(value) in _plain(kind):
        return value
    return field.get_db_prep_save(value, database)


@cache
def _plain(kind: Any) -> frozenset[type]:
    """The types of values that fields of this kind hand on to PostgreSQL as they are."""
    if not is_postgresql():
        return frozenset()
    if kind.get_db_prep_value is Field.get_db_prep_value and kind.get_prep_value in _TEXT_PREPARATIONS:
        return frozenset({str})
    return frozenset({bytes}) if kind is BinaryField else frozenset()


@cache
def _target(model: type[Model], columns: tuple[str, ...]) -> _Target:
    quote, meta = connection.ops.quote_name, model._meta
    times = {field.column for field in meta.concrete_fields if field.get_internal_type() == "DateTimeField"}
    return _Target(
        table_of(model), ", ".join(map(quote, columns)), len(columns), quote(str(meta.pk.column)) if meta.pk else "",
        tuple(place for place, column in enumerate(columns) if column in times),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _values_statement(target: _Target, number: int) -> str:
    row = f"({', '.join(['%s'] * target.width)})"
    return f"INSERT INTO {target.into} VALUES {', '.join([row] * number)}"  # noqa: S608


def _execute(statement: str, rows: Sequence[Row], *, later: bool = False) -> list[tuple[Any, ...]]:
    if later:
        send_later(statement, [value for row in rows for value in row], returns_rows=False)
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])
        return cursor.fetchall() if "RETURNING" in statement else []


def _adapted(target: _Target, rows: Sequence[Row]) -> Sequence[Row]:
    """psycopg takes times as they are; on SQLite they are written as Django writes them."""
    if is_postgresql() or not target.times:
        return rows
    adapted, texts = [list(row) for row in rows], _Texts({None: None})
    for row in adapted:
        for place in target.times:
            row[place] = texts[row[place]]
    return adapted


class _Texts(dict[Any, Any]):
    """Times as SQLite has them, each written once: the rows of a batch share most of theirs."""

    def __missing__(self, at: datetime) -> Any:
        self[at] = text = database_time(at)
        return text


def _copy(into: str, rows: Sequence[Row]) -> None:
    """psycopg's own errors would come past Django here: they are wrapped as those of any statement are."""
    # COPY is no statement that would take what waits along.
    send_waiting()
    errors: Any = connection.wrap_database_errors
    with connection.cursor() as cursor, errors, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _copy_around(target: _Target, model: type[Model], rows: Sequence[Row]) -> set[int]:
    """COPY has no ON CONFLICT: the rows go through a temporary table."""
    table = connection.ops.quote_name(f"incoming_{model._meta.model_name}")
    with connection.cursor() as cursor:
        nothing = f"SELECT {target.columns} FROM {target.table} LIMIT 0"  # noqa: S608
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ON COMMIT DROP AS {nothing}")
        cursor.execute(f"TRUNCATE {table}")
    _copy(f"{table} ({target.columns})", rows)
    statement = f"INSERT INTO {target.into} SELECT {target.columns} FROM {table} "  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ON CONFLICT DO NOTHING RETURNING {target.pk}")
        return {pk for (pk,) in cursor.fetchall()}
