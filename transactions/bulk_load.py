"""What a batch needs of the database before it comes in, and how its thousands of rows get in.

Every caller adds rows in the same order (accounts, counterparties, transactions, each sorted by its key), so two
imports of the same rows wait for one another and never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from finobs.core.db.bulk import insert_missing, insert_rows
from finobs.core.db.dialect import any_of, table_of
from finobs.core.db.ids import reservation, reserve
from finobs.core.db.pipeline import kept_plans, pipeline, send

from .choices import QuarantineState
from .models import Account, Batch, Counterparty, Label, Party, QuarantinedRow, Source, Transaction

P = TypeVar("P", bound=Party)
Names = Iterable[str]
# For so few rows the statements are the same again and again, and planning them takes longer than running them.
MAX_GENERIC_PLAN_ROWS = 8
# A transaction's values in the order of its columns, for the database and for `Transaction.from_db` alike.
TRANSACTION_FIELDS = tuple(str(field.attname) for field in Transaction._meta.concrete_fields)
TRANSACTION_COLUMNS = tuple(str(field.column) for field in Transaction._meta.concrete_fields)
LABEL_FIELDS = tuple(field for field in Label._meta.concrete_fields if not field.primary_key)
LABEL_COLUMNS = tuple(str(field.column) for field in LABEL_FIELDS)


@dataclass(frozen=True, slots=True)
class ExistingRows:
    """What the database knows of a batch before it comes in, and ids for what is new in it.

    quarantined: rows that wait in quarantine under the same external ids.
    """

    transactions: dict[str, tuple[int, bytes]]
    accounts: dict[str, int]
    counterparties: dict[str, int]
    batch_id: int
    ids: list[int]
    quarantined: dict[str, list[int]]


def lookup_and_reserve(
    source: Source, external_ids: Names, accounts: Names, counterparties: Names, number: int
) -> ExistingRows:
    """All of it in one statement: a single decision has time for few round trips. Ids that nothing takes are lost.

    A pipeline of plain statements would cost it 8 % (docs/decisions/0012).
    """
    external_ids = set(external_ids)
    parts = [
        _lookup(source, Transaction, external_ids, "t"), _lookup(source, Account, accounts, "a"),
        _lookup(source, Counterparty, counterparties, "c"), _lookup(source, QuarantinedRow, external_ids, "q"),
        *reservation("b", Batch, 1), *reservation("i", Transaction, number),
    ]  # fmt: skip
    if number <= MAX_GENERIC_PLAN_ROWS:
        parts += kept_plans("p")
    rows: dict[str, list[Any]] = {letter: [] for letter in "tacqbip"}
    for letter, *row in _fetch(parts):
        rows[letter].append(row)
    quarantined: dict[str, list[int]] = {}
    for name, pk, _ in rows["q"]:
        quarantined.setdefault(name, []).append(pk)
    return ExistingRows(
        {name: (pk, bytes(digest)) for name, pk, digest in rows["t"]},
        {name: pk for name, pk, _ in rows["a"]},
        {name: pk for name, pk, _ in rows["c"]},
        rows["b"][0][1] if rows["b"] else reserve(Batch, 1)[0],
        sorted(pk for _, pk, _ in rows["i"]) or reserve(Transaction, number),
        quarantined,
    )


def _lookup(source: Source, model: type[Model], names: Names, letter: str) -> tuple[str, list[Any]]:
    """Rows of a model by their external ids, with a letter that tells them from others: SQL and values."""
    condition, value = any_of("external_id", sorted(set(names)))
    digest = "digest" if model is Transaction else "NULL"
    select = f"SELECT '{letter}', external_id, id, {digest} FROM {table_of(model)}"  # noqa: S608
    # Written out: a plan for whatever value could not use the index of the open rows.
    is_open = f" AND state = '{QuarantineState.OPEN.value}'" if model is QuarantinedRow else ""
    return f"{select} WHERE source_id = %s{is_open} AND {condition}", [source.pk, value]


def _fetch(parts: Sequence[tuple[str, list[Any]]]) -> list[tuple[Any, ...]]:
    with pipeline():
        rows = send(" UNION ALL ".join(sql for sql, _ in parts), [value for _, values in parts for value in values])
    return rows()


def ensure_parties(model: type[P], source: Source, names: Names, existing: dict[str, int]) -> dict[str, P]:
    """The accounts or counterparties of these names, made where they are missing from `existing`."""
    missing = sorted(set(names) - existing.keys())
    if missing:
        # Who loses the race for a name waits for the winner's commit, then sees its row.
        manager = model._default_manager
        manager.bulk_create([model(source=source, external_id=name) for name in missing], ignore_conflicts=True)
        existing = existing | {name: pk for _, name, pk, _ in _fetch([_lookup(source, model, missing, "p")])}
    return {
        name: model.from_db(connection.alias, ("id", "source_id", "external_id"), (pk, source.pk, name))
        for name, pk in existing.items()
    }


def existing_transactions(source: Source, external_ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Of these ids, those that are in already: (primary key, digest)."""
    rows = _fetch([_lookup(source, Transaction, external_ids, "t")])
    return {external_id: (pk, bytes(digest)) for _, external_id, pk, digest in rows}


def add_transactions(rows: Sequence[Sequence[Any]]) -> set[int]:
    """Insert transactions given as their TRANSACTION_FIELDS; returns the primary keys of those that got in.

    The others lost to a simultaneous import of the same external ids.
    """
    place = TRANSACTION_FIELDS.index("external_id")
    return insert_missing(Transaction, TRANSACTION_COLUMNS, sorted(rows, key=lambda row: str(row[place])))


def add_labels(labels: Sequence[Label]) -> None:
    insert_rows(Label, LABEL_COLUMNS, [[getattr(label, field.attname) for field in LABEL_FIELDS] for label in labels])
