"""What a batch needs of the database before it comes in, and how its thousands of rows get in.

Every caller adds rows in the same order (accounts, counterparties, transactions, each sorted by its key), so two
imports of the same rows wait for one another and never in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from finobs.core.db.bulk import MAX_ROWS_PER_STATEMENT, insert_missing, insert_rows
from finobs.core.db.dialect import any_of, table_of
from finobs.core.db.ids import reservation, reserve
from finobs.core.db.pipeline import kept_plans, pipeline, send
from finobs.core.db.visibility import visibility

from .choices import LabelOrigin, QuarantineState, RecordKind
from .models import (
    Account,
    Batch,
    Counterparty,
    Label,
    LabelBatch,
    Party,
    PaymentParties,
    QuarantinedRow,
    Source,
    Transaction,
)
from .row_details import PARTY_PARTS
from .row_validation import RowLabel, ValidRow

P = TypeVar("P", bound=Party)
Names = Iterable[str]
# By external id: the primary key, and the unit of an account.
ExistingParties = dict[str, tuple[int, int]]
# For so few rows the statements are the same again and again, and planning them takes longer than running them.
MAX_GENERIC_PLAN_ROWS = 8
# A transaction's values in the order of its columns, for the database and for `Transaction.from_db` alike.
TRANSACTION_FIELDS = tuple(str(field.attname) for field in Transaction._meta.concrete_fields)
TRANSACTION_COLUMNS = tuple(str(field.column) for field in Transaction._meta.concrete_fields)
LABEL_COLUMNS = (
    "is_suspicious", "typology", "known_at", "watermark", "transaction_id", "origin", "label_batch_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExistingRows:
    """What the database knows of a batch before it comes in, and ids for what is new in it.

    accounts, counterparties: by their external ids. quarantined: rows that wait in quarantine under the same external
    ids. xid, snapshot: on PostgreSQL, the number of this transaction and what it sees (`core.db.visibility`).
    """

    transactions: dict[str, tuple[int, bytes]]
    accounts: ExistingParties
    counterparties: ExistingParties
    batch_id: int
    ids: list[int]
    quarantined: dict[str, list[int]]
    xid: int | None
    snapshot: str


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
        *reservation("b", Batch, 1), *reservation("i", Transaction, number), *visibility("v"),
    ]  # fmt: skip
    if number <= MAX_GENERIC_PLAN_ROWS:
        parts += kept_plans("p")
    rows: dict[str, list[Any]] = {letter: [] for letter in "tacqbipv"}
    for letter, *row in _fetch(parts):
        rows[letter].append(row)
    snapshot, xid, *_ = rows["v"][0] if rows["v"] else ("", None, None)
    quarantined: dict[str, list[int]] = {}
    for name, pk, *_ in rows["q"]:
        quarantined.setdefault(name, []).append(pk)
    return ExistingRows(
        {name: (pk, bytes(digest)) for name, pk, digest, _ in rows["t"]},
        {name: (pk, unit) for name, pk, _, unit in rows["a"]},
        {name: (pk, unit) for name, pk, _, unit in rows["c"]},
        rows["b"][0][1] if rows["b"] else reserve(Batch, 1)[0],
        sorted(pk for _, pk, *_ in rows["i"]) or reserve(Transaction, number),
        quarantined,
        xid,
        snapshot,
    )


def _lookup(source: Source, model: type[Model], names: Names, letter: str) -> tuple[str, list[Any]]:
    """Rows of a model by their external ids, with a letter that tells them from others: SQL and values."""
    condition, value = any_of("external_id", sorted(set(names)))
    digest = "digest" if model is Transaction else "NULL"
    unit = "unit_id" if model is Account else "0"
    select = f"SELECT '{letter}', external_id, id, {digest}, {unit} FROM {table_of(model)}"  # noqa: S608
    # Written out: a plan for whatever value could not use the index of the open rows.
    is_open = f" AND state = '{QuarantineState.OPEN.value}'" if model is QuarantinedRow else ""
    if model is QuarantinedRow:
        # A customer may have the id of a transaction.
        is_open += f" AND kind = '{RecordKind.TRANSACTION.value}'"
    return f"{select} WHERE source_id = %s{is_open} AND {condition}", [source.pk, value]


def _fetch(parts: Sequence[tuple[str, list[Any]]]) -> list[tuple[Any, ...]]:
    with pipeline():
        rows = send(" UNION ALL ".join(sql for sql, _ in parts), [value for _, values in parts for value in values])
    return rows()


def ensure_parties(model: type[P], source: Source, names: Names, existing: ExistingParties) -> dict[str, P]:
    """The accounts or counterparties of these names, made where they are missing from `existing`: new accounts in the
    unit of their source."""
    missing = sorted(set(names) - existing.keys())
    if missing:
        # Who loses the race for a name waits for the winner's commit, then sees its row.
        manager, own = model._default_manager, {"unit_id": source.unit_id} if model is Account else {}
        manager.bulk_create([model(source=source, external_id=name, **own) for name in missing], ignore_conflicts=True)
        rows = _fetch([_lookup(source, model, missing, "p")])
        existing = existing | {name: (pk, unit) for _, name, pk, _, unit in rows}
    fields = ("id", "source_id", "external_id", *(("unit_id",) if model is Account else ()))
    return {
        name: model.from_db(connection.alias, fields, (pk, source.pk, name, unit)[: len(fields)])
        for name, (pk, unit) in existing.items()
    }


def existing_transactions(source: Source, external_ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Of these ids, those that are in already: (primary key, digest)."""
    rows = _fetch([_lookup(source, Transaction, external_ids, "t")])
    return {external_id: (pk, bytes(digest)) for _, external_id, pk, digest, _ in rows}


def add_transactions(rows: Sequence[Sequence[Any]]) -> set[int]:
    """Insert transactions given as their TRANSACTION_FIELDS; returns the primary keys of those that got in.

    The others lost to a simultaneous import of the same external ids.
    """
    by_external_id = itemgetter(TRANSACTION_FIELDS.index("external_id"))
    return insert_missing(Transaction, TRANSACTION_COLUMNS, sorted(rows, key=by_external_id))


def add_payment_parties(rows: Sequence[tuple[int, ValidRow]]) -> None:
    """Insert who pays whom, of rows given with the keys of their transactions; those that do not say it have none."""
    values = [
        (pk, *(json.dumps(row.details.parties.get(party, {}), ensure_ascii=False) for party in PARTY_PARTS), row.salt)
        for pk, row in rows
        if row.details.parties
    ]
    insert_rows(PaymentParties, ("transaction_id", *PARTY_PARTS, "salt"), values)


def salts_of(transaction_ids: Sequence[int]) -> dict[int, bytes]:
    """The salts of those transactions that say who pays whom, by their keys."""
    salts: dict[int, bytes] = {}
    for start in range(0, len(transaction_ids), MAX_ROWS_PER_STATEMENT):
        rows = PaymentParties.objects.filter(pk__in=transaction_ids[start : start + MAX_ROWS_PER_STATEMENT])
        salts |= {pk: bytes(salt) for pk, salt in rows.values_list("pk", "salt")}
    return salts


def add_labels(
    labels: Sequence[tuple[int, RowLabel]], label_batch: LabelBatch | None = None, watermark: int = 0
) -> None:
    """Insert labels, given by the keys of their transactions: those that came with new ones, each with its own key as
    its watermark; or those of a batch of labels, at its watermark."""
    origin = (LabelOrigin.BATCH if label_batch else LabelOrigin.TRANSACTION).value
    batch_id = label_batch and label_batch.pk
    rows = [
        (label.is_suspicious, label.typology, label.known_at, watermark or pk, pk, origin, batch_id)
        for pk, label in labels
    ]
    insert_rows(Label, LABEL_COLUMNS, rows)
