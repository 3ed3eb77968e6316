"""Parquet as anybody may write it: what it cannot be is said in words, and costs neither the page nor the machine."""

from __future__ import annotations

import io
import random
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from finobs.core.errors import Invalid
from transactions.files import open_rows
from transactions.mappings import Mapping
from transactions.row_validation import RawRow

NAMES = ("external_id", "account", "occurred_at", "amount")
MAPPING = Mapping.parse({name: name for name in NAMES} | {"direction": {"value": "out"}})


def table(**columns: Any) -> Any:
    plain: dict[str, Any] = {
        "external_id": ["T-1", "T-2"], "account": ["A-1", "A-2"], "occurred_at": ["2026-03-02T12:00:00Z"] * 2,
        "amount": ["1.00", "2.00"],
    }  # fmt: skip
    return pyarrow.table(plain | columns)


def written(rows: Any) -> bytes:
    out = io.BytesIO()
    parquet.write_table(rows, out)
    return out.getvalue()


def read(content: bytes) -> list[RawRow]:
    return list(open_rows(io.BytesIO(content), "rows.parquet", MAPPING).rows)


def moments(*values: int, tz: str | None = None) -> Any:
    return pyarrow.array(values, pyarrow.int64()).cast(pyarrow.timestamp("us", tz))


def test_text_is_read_as_it_stands():
    assert [row.fields["amount"] for row in read(written(table()))] == ["1.00", "2.00"]
    repeated = table(account=pyarrow.array(["A-1", None]).dictionary_encode())
    assert [row.fields["account"] for row in read(written(repeated))] == ["A-1", None]


@pytest.mark.parametrize(
    "column",
    [
        moments(0, 2**62),
        moments(0, 2**62).dictionary_encode(),
        pyarrow.array([0, 2**31 - 1], pyarrow.int32()).cast(pyarrow.date32()),
    ],
)
def test_a_time_beyond_any_calendar_costs_its_own_row_only(column):
    first, second = read(written(table(occurred_at=column)))
    assert str(first.fields["occurred_at"]).startswith("1970-01-01")
    assert str(second.fields["occurred_at"]).isdigit()


def test_a_time_zone_that_nobody_knows_is_no_time():
    rows = read(written(table(occurred_at=moments(0, 1, tz="Nowhere/Nope"))))
    assert [row.fields["occurred_at"] for row in rows] == ["0", "1"]


@pytest.mark.parametrize("nested", [[["1"], ["2"]], [{"a": 1}, {"a": 2}]])
def test_a_column_of_columns_is_refused(nested):
    with pytest.raises(Invalid, match="Column amount holds"):
        read(written(table(amount=pyarrow.array(nested))))


def test_two_columns_of_one_name_are_refused():
    rows = table()
    twice = pyarrow.Table.from_arrays([*rows.columns, rows.column("amount")], names=[*NAMES, "amount"])
    with pytest.raises(Invalid, match="amount stands 2 times"):
        read(written(twice))


def test_a_small_file_that_unpacks_to_gigabytes_is_refused():
    long = pyarrow.array(["y" * 1_000_000]).take(pyarrow.array([0] * 400))
    short = pyarrow.array(["1"] * 400)
    content = written(pyarrow.table({name: long if name == "account" else short for name in NAMES}))
    assert len(content) < 200_000
    with pytest.raises(Invalid, match="400 rows of the file unpack to 40"):
        read(content)


def test_a_broken_file_is_refused_wherever_it_is_broken():
    """Fixed mutations: each reads as rows, or is refused; nothing else comes out of the reader."""
    content, chance, refused = written(table()), random.Random(1), 0
    for _ in range(300):
        broken = bytearray(content)
        for _ in range(chance.choice((1, 3, 10))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            read(bytes(broken))
        except Invalid:
            refused += 1
    assert refused > 100
