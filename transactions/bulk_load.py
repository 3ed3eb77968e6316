"""Getting thousands of rows into the database at once: COPY on PostgreSQL, executemany on SQLite.

Every caller adds rows in the same order (accounts, counterparties, transactions, each sorted by its key), so two
imports of the same rows wait for one another and never in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from finobs.core.prepared import together

from .models import Account, Batch, Counterparty, Label, Party, Source, Transaction

P = TypeVar("P", bound=Party)
# Below it a temporary table costs more than it saves.
MIN_COPY_ROWS = 100
# Until the commit, statements for so few rows keep their plans: they are the same again and again, and planning them
# takes longer than running them.
MAX_GENERIC_PLAN_ROWS = 8
# A transaction's values in the order of its columns, for the database and for `Transaction.from_db` alike.
Names = Iterable[str]
# Asked for once, not once for each id.
SEQUENCE = "(SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s OFFSET 0) AS sequence"
TRANSACTION_FIELDS = tuple(str(field.attname) for field in Transaction._meta.concrete_fields)


@dataclass(frozen=True, slots=True)
class ExistingRows:
    """What the database knows of a batch before it comes in, and ids for what is new in it."""

    known: dict[str, tuple[int, bytes]]
    accounts: dict[str, int]
    counterparties: dict[str, int]
    batch_id: int
    ids: list[int]


def lookup_and_reserve(
    source: Source, external_ids: Names, accounts: Names, counterparties: Names, number: int
) -> ExistingRows:
    """All of it in one statement: a single decision has time for few round trips. Ids that nothing takes are lost."""
    parts, values = [], []
    asked: list[tuple[str, type[Model], Names]] = [("t", Transaction, external_ids)]
    asked += [("a", Account, accounts), ("c", Counterparty, counterparties)]
    for sign, model, names in asked:
        where, among = _among("external_id", sorted(set(names)))
        digest = "digest" if model is Transaction else "NULL"
        found = f"SELECT '{sign}', external_id, id, {digest} FROM {_quote(model)} "  # noqa: S608
        parts.append(f"{found} WHERE source_id = %s AND {where}")
        values += [source.pk, among]
    if connection.vendor == "postgresql":
        for sign, table, many in (("b", Batch._meta.db_table, 1), ("i", Transaction._meta.db_table, number)):
            parts.append(f"SELECT '{sign}', '', nextval(s), NULL FROM {SEQUENCE}, generate_series(1, %s)")  # noqa: S608
            values += [table, many]
        if number <= MAX_GENERIC_PLAN_ROWS:
            parts.append("SELECT 'p', set_config('plan_cache_mode', 'force_generic_plan', true), 0, NULL")
    rows: dict[str, list[Any]] = {sign: [] for sign in "tacbip"}
    with connection.cursor() as cursor:
        with together():
            cursor.execute(" UNION ALL ".join(parts), values)
        for sign, *row in cursor.fetchall():
            rows[sign].append(row)
    ids = sorted(pk for _, pk, _ in rows["i"]) or next_ids(Transaction, number)
    return ExistingRows(
        {name: (pk, bytes(digest)) for name, pk, digest in rows["t"]},
        {name: pk for name, pk, _ in rows["a"]},
        {name: pk for name, pk, _ in rows["c"]},
        rows["b"][0][1] if rows["b"] else next_ids(Batch, 1)[0],
        ids,
    )


def ensure_parties(model: type[P], source: Source, names: Iterable[str], found: dict[str, int]) -> dict[str, P]:
    """The accounts or counterparties of these names, made where they are missing from `found`."""
    missing = sorted(set(names) - found.keys())
    if missing:
        # Who loses the race for a name waits for the winner's commit, then sees its row.
        manager = model._default_manager
        manager.bulk_create([model(source=source, external_id=name) for name in missing], ignore_conflicts=True)
        found = found | _parties(model, source, missing)
    return {
        name: model.from_db(connection.alias, ("id", "source_id", "external_id"), (pk, source.pk, name))
        for name, pk in found.items()
    }


def _parties(model: type[P], source: Source, names: Sequence[str]) -> dict[str, int]:
    where, values = _among("external_id", names)
    rows = model._default_manager.filter(source=source).extra(where=[where], params=[values])  # noqa: S610
    return dict(rows.values_list("external_id", "id"))


def existing_transactions(source: Source, external_ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Of these ids, those that are in already: (primary key, digest)."""
    where, values = _among("external_id", external_ids)
    query = f"SELECT external_id, id, digest FROM {_quote(Transaction)} WHERE source_id = %s AND {where}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [source.pk, values])
        return {external_id: (pk, bytes(digest)) for external_id, pk, digest in cursor.fetchall()}


def next_ids(model: type[Model], number: int) -> list[int]:
    """Primary keys for `number` new rows, rising. On SQLite the caller holds the write lock already."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT nextval(s) FROM {SEQUENCE}, generate_series(1, %s)", [table, number])  # noqa: S608
            return [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        first = cursor.fetchone()[0] + 1
        return list(range(first, first + number))


def add_transactions(rows: Sequence[Sequence[Any]]) -> set[int]:
    """Insert transactions given as their TRANSACTION values; returns the primary keys of those that got in.

    The others lost to a simultaneous import of the same external ids.
    """
    at = TRANSACTION_FIELDS.index("external_id")
    ordered = sorted(rows, key=lambda row: str(row[at]))
    fields = Transaction._meta.concrete_fields
    return _insert(Transaction, [str(field.column) for field in fields], _adapted(fields, ordered))


def add_labels(labels: Sequence[Label]) -> None:
    fields = [field for field in Label._meta.concrete_fields if not field.primary_key]
    values = [[getattr(label, field.attname) for field in fields] for label in labels]
    _insert(Label, [str(field.column) for field in fields], _adapted(fields, values))


def _adapted(fields: Sequence[Any], values: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """SQLite keeps times as text, written as Django writes them; psycopg takes them as they are."""
    if connection.vendor == "postgresql":
        return values
    times = [at for at, field in enumerate(fields) if field.get_internal_type() == "DateTimeField"]
    adapted = [list(row) for row in values]
    for row in adapted:
        for at in times:
            row[at] = str(row[at].replace(tzinfo=None))
    return adapted


def _insert(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> set[int]:
    if not rows:
        return set()
    into = _into(model, tuple(columns))
    if connection.vendor != "postgresql":
        _executemany(into, columns, rows)
        return {row[0] for row in rows}
    if len(rows) < MIN_COPY_ROWS:
        return _insert_few(into, columns, rows)
    try:
        with transaction.atomic():
            _copy(into, rows)
    except IntegrityError:
        # Somebody else brought some of the same in since `look_up`.
        return _copy_around(model, into, columns, rows)
    return {row[0] for row in rows}


@cache
def _into(model: type[Model], columns: tuple[str, ...]) -> str:
    return f"{_quote(model)} ({', '.join(connection.ops.quote_name(column) for column in columns)})"


def _executemany(into: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    holes = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {into} VALUES ({holes})", rows)  # noqa: S608


def _insert_few(into: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> set[int]:
    one = f"({', '.join(['%s'] * len(columns))})"
    query = f"INSERT INTO {into} VALUES {', '.join([one] * len(rows))} ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [value for row in rows for value in row])
        return {pk for (pk,) in cursor.fetchall()}


def _copy(into: str, rows: Sequence[Sequence[Any]]) -> None:
    wrapped: Any = connection.wrap_database_errors  # psycopg's own errors come past Django here
    with connection.cursor() as cursor, wrapped, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _copy_around(model: type[Model], into: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> set[int]:
    """COPY has no ON CONFLICT: the rows go through a temporary table."""
    listed = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(f"incoming_{model._meta.model_name}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {table} ON COMMIT DROP AS SELECT {listed} FROM {_quote(model)} LIMIT 0"  # noqa: S608
        )
        cursor.execute(f"TRUNCATE {table}")
    _copy(f"{table} ({listed})", rows)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {into} SELECT {listed} FROM {table} ON CONFLICT DO NOTHING RETURNING id")  # noqa: S608
        return {pk for (pk,) in cursor.fetchall()}


def _among(column: str, values: Sequence[str]) -> tuple[str, Any]:
    """A condition "column is one of these" that takes any number of values as one parameter.

    One alone is asked for as one: PostgreSQL keeps a plan for that, and plans anew for a list.
    """
    if len(values) == 1:
        return f"{column} = %s", values[0]
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", list(values)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(values))  # noqa: S608


def _quote(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
