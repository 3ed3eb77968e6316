"""Model instances from explicit SQL: for lookups that every request makes, where Django would write the SQL anew each
time, which costs several times what a lookup by a unique key costs the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

M = TypeVar("M", bound=Model)
Converter = Callable[[Any], Any]


class ModelRows(Generic[M]):
    """The columns of a model as a statement names them, and a row of them read as an instance."""

    def __init__(self, model: type[M]) -> None:
        self.model = model

    def columns(self, alias: str) -> str:
        """All of them, of the table that the statement calls `alias`."""
        fields = self.model._meta.concrete_fields
        return ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in fields)

    @property
    def width(self) -> int:
        """How many columns that are."""
        return len(self._names)

    def read(self, values: Sequence[Any]) -> M:
        row, database = list(values), connections[DEFAULT_DB_ALIAS]
        for position, field, converters in self._converters:
            for convert in converters:
                row[position] = convert(row[position], field, database)
        return self.model.from_db(DEFAULT_DB_ALIAS, self._names, row)

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self.model._meta.concrete_fields]

    @cached_property
    def _converters(self) -> list[tuple[int, Any, list[Any]]]:
        """By the column's position: as Django reads values of the field from this database."""
        columns: list[Any] = [field.cached_col for field in self.model._meta.concrete_fields]
        converters = [
            [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)] for column in columns
        ]
        return [(at, columns[at], each) for at, each in enumerate(converters) if each]
