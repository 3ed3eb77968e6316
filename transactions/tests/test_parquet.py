"""Parquet as anybody may write it: what it cannot be is said in words, and costs neither the page nor the machine."""

from __future__ import annotations

import io
import random
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy
import pyarrow
import pytest
from pyarrow import parquet

from finobs.core.errors import Invalid
from transactions.choices import QuarantineReason
from transactions.files import open_rows
from transactions.mappings import Mapping
from transactions.row_validation import RawRow, RowFault, RowReader

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


TYPES: list[tuple[Any, Any, Any]] = [
    # type, value, what a field gets
    (pyarrow.int8(), 7, "7"), (pyarrow.int64(), 2**62, str(2**62)), (pyarrow.uint64(), 2**63, str(2**63)),
    (pyarrow.float16(), numpy.float16(7), "7"), (pyarrow.float32(), 10.1, "10.1"), (pyarrow.float64(), 4.6e12, "4600000000000"),
    (pyarrow.float64(), 1e22, "1e+22"), (pyarrow.float64(), 0.1, "0.1"), (pyarrow.float64(), float("inf"), "inf"),
    (pyarrow.decimal128(10, 2), Decimal("1.10"), "1.10"), (pyarrow.decimal256(60, 2), Decimal("1.10"), "1.10"),
    (pyarrow.string(), "a", "a"), (pyarrow.large_string(), "a", "a"), (pyarrow.string_view(), "a", "a"),
    (pyarrow.binary(), b"a", "a"), (pyarrow.large_binary(), b"a", "a"), (pyarrow.binary(2), b"ab", "ab"),
    (pyarrow.binary_view(), b"a", "a"), (pyarrow.bool_(), True, True), (pyarrow.null(), None, None),
    (pyarrow.date32(), date(2025, 1, 5), datetime(2025, 1, 5)), (pyarrow.date64(), date(2025, 1, 5), datetime(2025, 1, 5)),
    (pyarrow.timestamp("s"), datetime(2025, 1, 5, 1), datetime(2025, 1, 5, 1)),
    (pyarrow.timestamp("ns", tz="UTC"), datetime(2025, 1, 5, 1, tzinfo=UTC), datetime(2025, 1, 5, 1, tzinfo=UTC)),
    (pyarrow.time32("s"), time(1), "01:00:00"), (pyarrow.time64("us"), time(1), "01:00:00"),
    (pyarrow.dictionary(pyarrow.int8(), pyarrow.string()), "a", "a"),
    (pyarrow.dictionary(pyarrow.int8(), pyarrow.float64()), 4.6e12, "4600000000000"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "result"), TYPES, ids=[f"{kind}-{value}" for kind, value, _ in TYPES])
@pytest.mark.parametrize("name", ["external_id", "account", "occurred_at", "memo"])
def test_a_value_of_every_type_is_what_its_text_would_be(name, kind, value, result):
    mapping = Mapping.parse({each: each for each in {*NAMES, name}} | {"direction": {"value": "out"}})
    content = written(table(**{name: pyarrow.array([value, value], kind)}))
    first, _ = open_rows(io.BytesIO(content), "rows.parquet", mapping).rows
    assert first.fields[name] == result
    reader = RowReader(slug="bank", default_currency="USD", time_zone="UTC", now=datetime(2026, 3, 3, tzinfo=UTC))
    try:
        reader.read(first)
    except RowFault as fault:
        assert name in fault.detail  # noqa: PT017


def test_bytes_that_are_no_text_cost_their_own_row_only():
    content = written(table(account=pyarrow.array([b"\xff\xfe", b"ab"], pyarrow.binary(2))))
    first, second = read(content)
    assert first.fault is not None
    assert (first.fault.reason, second.fields["account"]) == (QuarantineReason.ENCODING, "ab")
