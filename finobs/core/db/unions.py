"""Several parts of one table read as one: an index is walked for each, where all of them would be sorted for an OR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import In


class InFirstKeys(In):
    """`column IN (keys of first_keys)`; PostgreSQL is told that they are an array, which it makes first.

    As a sub-query it is one more table to join, and with the names that a list reads beside its rows there are more
    than PostgreSQL puts in order (join_collapse_limit): it read them beside each of 1,000,000 rows (2.6 s instead of
    10 ms).
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        keys, more = self.process_rhs(compiler, connection)
        return f"{column} = ANY(ARRAY{keys})", [*values, *more]


def first_keys(parts: Sequence[QuerySet[Any]], order: Sequence[str], number: int) -> RawSQL | None:
    """The primary keys of the first `number` rows of all `parts` together, as a sub-query; None where all are empty.

    order: names of fields of the parts' own table, "-" for descending; the last is the primary key.
    """
    names = [name.removeprefix("-") for name in order]
    key = connection.ops.quote_name(names[-1])
    directions = ", ".join(f"{place} {'DESC' if name[0] == '-' else 'ASC'}" for place, name in enumerate(order, 1))
    compilation = _statements([part.order_by(*order).values_list(*names)[:number] for part in parts])
    if compilation is None:
        return None
    statements, values = compilation
    # What hangs on two anchors is in two parts.
    union = " UNION ".join(statements)
    sql = f"SELECT {key} FROM ({union} ORDER BY {directions} LIMIT {int(number)}) AS first"  # noqa: S608
    return RawSQL(sql, values)  # noqa: S611


def count_all(parts: Sequence[QuerySet[Any]], most: int) -> int:
    """How many rows all `parts` have together, which have none in common; counted to `most`."""
    compilation = _statements([part.order_by().values_list("pk")[:most] for part in parts])
    if compilation is None:
        return 0
    statements, values = compilation
    union = " UNION ALL ".join(statements)
    with connections[parts[0].db].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({union} LIMIT {int(most)}) AS rows", values)  # noqa: S608
        number: int = cursor.fetchone()[0]
    return number


def _statements(parts: Sequence[QuerySet[Any]]) -> tuple[list[str], list[Any]] | None:
    """Of all that are not empty. Each within another: SQLite takes no order and no limit in a part of a union."""
    statements: list[str] = []
    values: list[Any] = []
    for place, part in enumerate(parts):
        try:
            sql, own = part.query.get_compiler(using=part.db).as_sql()
        except EmptyResultSet:
            continue
        statements.append(f"SELECT * FROM ({sql}) AS part{place}")  # noqa: S608
        values += own
    return (statements, values) if statements else None
