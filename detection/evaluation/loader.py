"""A whole file as arrays, without a database: what evaluation and its features need of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import compute
from pyarrow.csv import read_csv
from pyarrow.parquet import read_table

from finobs.core import money
from finobs.core.errors import Invalid
from transactions.choices import Direction
from transactions.columns import fit_to_header
from transactions.field_sources import FieldSource
from transactions.mappings import Mapping

from ..features.account import ROUND_TO
from ..features.bulk import History
from ..features.confirmed_rows import ConfirmedRows
from ..features.definition import DAY_MICROSECONDS

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EvaluationRows:
    """Every transaction of the file. `day`: days since 1970 (UTC); `account` says the card."""

    history: History
    outcomes: ConfirmedRows
    minor: Ints
    unit: Ints
    currency: list[str]
    incoming: NDArray[np.bool_]
    suspicious: NDArray[np.bool_]
    day: Ints

    def __len__(self) -> int:
        return len(self.minor)


def load_rows(path: Path, mapping: Mapping, delay_days: int) -> EvaluationRows:
    """Read a Parquet or CSV file by its mapping. A label is known `delay_days` after its transaction.

    Raises Invalid for a file that cannot be read, lacks a column, or holds what is no time, amount or label.
    """
    try:
        table = _table(path)
        mapping = fit_to_header(mapping, table.column_names).mapping
        if "is_suspicious" not in mapping.sources:
            raise Invalid("The mapping has no is_suspicious: without labels nothing can be judged.")
        _check_notations(mapping)
        return _rows(_File(table, mapping), delay_days)
    except (pyarrow.ArrowException, OSError) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from None


def _check_notations(mapping: Mapping) -> None:
    """Refuse a mapping that says how values are written: here whole columns are cast, not read value by value."""
    if composed := [name for name, source in mapping.sources.items() if source.columns]:
        raise Invalid(f"An evaluation reads one column for each field, and {', '.join(composed)} has several.")
    notations = [name for name, source in mapping.sources.items() if source.date_format or not _is_plain_amount(source)]
    if notations or "amount" not in mapping.sources:
        names = ", ".join(notations or ["amount_out", "amount_in"])
        raise Invalid(
            "An evaluation reads amounts without a sign, with a decimal point, and dates of ISO 8601; the mapping says "
            f"how other values are written ({names})."
        )


def _is_plain_amount(source: FieldSource) -> bool:
    notation = source.notation
    return notation is None or (notation.decimal_mark != "," and not (notation.sign or notation.currency_sign))


def _table(path: Path) -> Any:
    if path.suffix.lower() in (".parquet", ".pq"):
        return read_table(path)
    return read_csv(path)


class _File:
    """Columns of a file by the field that they stand for."""

    def __init__(self, table: Any, mapping: Mapping) -> None:
        self.table, self.parts = table, mapping.sources

    def column(self, name: str) -> Any:
        """As one Arrow array; a fixed value as often as there are rows; None if the mapping has no such field."""
        part: FieldSource | None = self.parts.get(name)
        if part is None:
            return None
        if not part.column:
            return pyarrow.array([part.value] * self.table.num_rows)
        column = self.table[part.column]
        column = column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
        if not part.words:
            return column
        return pyarrow.array([part.apply(value) for value in column.to_pylist()])

    def codes(self, name: str) -> Ints:
        """A number for each distinct value, in the order of their first appearance; -1 for none."""
        column = self.column(name)
        if column is None:
            return np.full(self.table.num_rows, -1, dtype=np.int64)
        codes: Ints = column.dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64)
        return codes


def _rows(file: _File, delay_days: int) -> EvaluationRows:
    number = file.table.num_rows
    time = file.column("occurred_at").cast(pyarrow.timestamp("us"), safe=False).to_numpy(zero_copy_only=False)
    time = time.astype("datetime64[us]").astype(np.int64)
    currency = (file.column("currency") if "currency" in file.parts else pyarrow.array(["USD"] * number)).to_pylist()
    unit = _units(currency)
    scaled = file.column("amount").cast(pyarrow.float64()).to_numpy(zero_copy_only=False) * unit
    # A double is off by far less than this, and an amount that is finer than its currency by more.
    if (np.abs(scaled - np.rint(scaled)) > 1e-3).any():
        raise Invalid("There are amounts that are finer than their currency: they would be rounded.")
    minor = np.rint(scaled).astype(np.int64)
    if number and minor.min() < 0:
        raise Invalid("There are amounts below zero: an evaluation reads amounts without a sign, and a direction.")
    label = compute.fill_null(file.column("is_suspicious").cast(pyarrow.int64()), 0)
    suspicious = label.to_numpy().astype(bool)
    money_of = np.unique(np.array(currency), return_inverse=True)[1]
    kinds = money_of.max() + 1 if number else 1
    card, other, country = file.codes("account"), file.codes("counterparty"), file.codes("country")
    account = card * kinds + money_of
    counterparty = np.where(other < 0, -1, other * kinds + money_of)
    history = History(
        _ids(file), time, minor, (minor % (unit * ROUND_TO) == 0).astype(np.int64), account, counterparty,
        np.where(other < 0, -1, account * (counterparty.max() + 1) + counterparty),
        account * (country.max() + 2) + country + 1,
    )  # fmt: skip
    occurred = time[suspicious]
    outcomes = ConfirmedRows(
        account[suspicious], counterparty[suspicious], occurred, occurred + delay_days * DAY_MICROSECONDS
    )
    direction = file.column("direction")
    incoming = np.array([each == Direction.IN for each in direction.to_pylist()]) if direction else None
    incoming = np.zeros(number, dtype=bool) if incoming is None else incoming
    return EvaluationRows(history, outcomes, minor, unit, currency, incoming, suspicious, time // DAY_MICROSECONDS)


def _units(currency: list[str]) -> Ints:
    by_currency = {each: 10 ** money.exponent(each) for each in set(currency)}
    units: Ints = np.array([by_currency[each] for each in currency], dtype=np.int64)
    return units


def _ids(file: _File) -> Ints:
    """What settles the order of two in the same moment: the file's own ids where they are numbers, else its order."""
    column = file.column("external_id")
    if pyarrow.types.is_integer(column.type):
        ids: Ints = column.to_numpy().astype(np.int64)
        return ids
    order: Ints = np.arange(file.table.num_rows, dtype=np.int64)
    return order
