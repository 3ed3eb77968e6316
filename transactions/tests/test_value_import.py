"""Statements in the shapes that banks write, by command: right, or refused in words; and nothing on release either."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pyarrow import parquet

from finobs.core.errors import Invalid
from tests import factories
from transactions.choices import QuarantineReason, QuarantineState
from transactions.mappings import NO_DIRECTION, Mapping
from transactions.models import Account, QuarantinedRow, Transaction
from transactions.services import quarantine_correct, quarantine_release

pytestmark = pytest.mark.django_db
BASE = {"external_id": "id", "account": "account", "occurred_at": "date", "currency": {"value": "USD"}}
OUT = {"value": "out"}


def run(path: Path, mapping: dict[str, Any] | str = "", *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    text = mapping if isinstance(mapping, str) else json.dumps(mapping)
    options = ["--mapping", text] if text else []
    call_command(
        "import_transactions", str(path), "--source", "bank", "--json", "--no-progress", *options, *arguments, stdout=out
    )  # fmt: skip
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def statement(tmp_path: Path, *lines: str, header: str = "id,account,date,amount", name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def movements() -> dict[str, tuple[str, str]]:
    """id -> (amount, direction) of what is in."""
    rows = Transaction.objects.order_by("id")
    return {row.external_id: (str(row.amount), row.direction) for row in rows}


def refusals() -> dict[int, str]:
    return {row.row_number: row.detail for row in QuarantinedRow.objects.order_by("row_number")}


SIGNED = ["1,A1,2025-01-01,$400.00", "2,A1,2025-01-02,($30.00)", "3,A1,2025-01-03,-12.50", "4,A1,2025-01-04,12.50-",
          "5,A1,2025-01-05,\u22125.00", "6,A1,2025-01-06,0.00"]  # fmt: skip


@pytest.mark.parametrize(
    ("sign", "above", "below"), [("negative is out", "in", "out"), ("negative is in", "out", "in")]
)
def test_a_signed_column_goes_the_way_that_the_mapping_says(tmp_path, bank, sign, above, below):
    amount = {"column": "amount", "currency_sign": "$", "sign": sign}
    assert run(statement(tmp_path, *SIGNED), {**BASE, "amount": amount})["accepted"] == 6
    assert movements() == {
        "1": ("400.00", above), "2": ("30.00", below), "3": ("12.50", below), "4": ("12.50", below), "5": ("5.00", below),
        "6": ("0.00", "out"),
    }  # fmt: skip


@pytest.mark.parametrize("amount", ["amount", {"column": "amount"}, {"column": "amount", "decimal_mark": "."}])
def test_a_mapping_that_says_no_direction_brings_nothing_in(tmp_path, bank, amount):
    with pytest.raises(CommandError, match="Say which way the money goes"):
        run(statement(tmp_path, *SIGNED), {**BASE, "amount": amount})
    with pytest.raises(Invalid) as refused:
        Mapping.parse({**BASE, "amount": amount})
    assert list(refused.value.fields) == ["mapping.direction"]
    assert not Transaction.objects.exists()


@pytest.mark.parametrize("line", SIGNED[1:5])
def test_a_sign_beside_a_direction_is_refused_and_its_row_alone(tmp_path, bank, line):
    amount = {"column": "amount", "currency_sign": "$"}
    report = run(statement(tmp_path, SIGNED[0], line), {**BASE, "amount": amount, "direction": OUT})
    assert (report["accepted"], report["quarantined"]) == (1, 1)
    assert "below zero, and the mapping does not say what that means" in refusals()[2]


@pytest.mark.parametrize("negative", ["-12.50", "12.50-", "(12.50)", "\u221212.50", "($12.50)", "-1,234.50"])
def test_a_signed_file_of_finobs_own_format_brings_nothing_in(tmp_path, bank, negative):
    header = "external_id,account,occurred_at,amount,currency"
    path = statement(tmp_path, "1,A,2025-01-01,100.00,USD", f'2,A,2025-01-01,"{negative}",USD', header=header)
    with pytest.raises(CommandError, match=r"Row 2 has the amount .* and no direction"):
        run(path)
    assert not Transaction.objects.exists()
    with_direction = statement(tmp_path, f'2,A,2025-01-01,"{negative}",USD,in', header=f"{header},direction")
    assert run(with_direction)["quarantined"] == 1


def test_debit_and_credit_columns_are_one_amount(tmp_path, bank):
    path = statement(
        tmp_path, "1,A, 19.39 , 0.00", "2,A,0.00,0.00", "3,A, 0.00 , 100.00 ", "4,A,,7.00", "5,A,8.00,", "6,A,,", "7,A,1.00,2.00",
        "8,A,-5.00,", "9,A,NULL,3.00", "10,A,,0.00", "11,A,x,",
        header="id,account,Debit,Credit",
    )  # fmt: skip
    mapping = {**BASE, "occurred_at": {"value": "2025-03-01"}, "amount_out": "Debit", "amount_in": "Credit"}
    assert run(path, mapping)["accepted"] == 7
    assert movements() == {
        "1": ("19.39", "out"), "2": ("0.00", "out"), "3": ("100.00", "in"), "4": ("7.00", "in"), "5": ("8.00", "out"),
        "9": ("3.00", "in"), "10": ("0.00", "out"),
    }  # fmt: skip
    assert refusals() == {
        6: "amount_out and amount_in are both empty.",
        7: "amount_out is “1.00” and amount_in is “2.00”: one row moves money one way.",
        8: "amount_out is “-5.00”, below zero, and the mapping does not say what that means: give the amount a “sign”.",
        11: "amount_out is “x”, which is no decimal number.",
    }


def test_each_of_two_columns_may_have_a_sign_of_its_own(tmp_path, bank):
    path = statement(tmp_path, "1,A,-19.39,", "2,A,,100.00", "3,A,5.00,", header="id,account,Debit,Credit")
    mapping = {**BASE, "occurred_at": {"value": "2025-03-01"}, "amount_in": "Credit"}
    assert run(path, {**mapping, "amount_out": {"column": "Debit", "sign": "negative is out"}})["accepted"] == 2
    assert movements() == {"1": ("19.39", "out"), "2": ("100.00", "in")}
    assert "the column and the sign contradict one another" in refusals()[3]


@pytest.mark.parametrize("name", ["amount_out", "amount_in"])
@pytest.mark.parametrize("sign", ["negative is out", "negative is in"])
def test_an_amount_above_zero_never_goes_against_its_column(name, sign):
    other = "amount_in" if name == "amount_out" else "amount_out"
    mapping = Mapping.parse({**BASE, name: {"column": "a", "sign": sign}, other: "b"})
    own = name.removeprefix("amount_")
    for text, is_above in (("5.00", True), ("-5.00", False), ("(5.00)", False), ("0.00", True)):
        row = {"external_id": "1", "account": "A", "occurred_at": "2025-01-01", name: text, other: ""}
        fault = mapping.translator()(row)
        if fault is None and is_above and text != "0.00":
            assert row["direction"] == own
        assert (fault is not None) == (text == "5.00" and sign == f"negative is {own}")


MAPPING_ERRORS: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": "a", "direction": {"value": ""}}, "direction", "value is “in” or “out”"),
    ({"amount": "a", "direction": {"value": "NULL"}}, "direction", "value is “in” or “out”"),
    ({"amount": "a", "direction": {"value": "sideways"}}, "direction", "value is “in” or “out”"),
    ({"amount": "a", "direction": OUT, "memo": {"value": None}}, "memo", "value is text or a number"),
    ({"amount": "a", "direction": OUT, "memo": {"value": ["x"]}}, "memo", "value is text or a number"),
    ({"amount": "a", "direction": OUT, "memo": {"column": None}}, "memo", "column is a column's name"),
    ({"amount": "a", "direction": OUT, "memo": {"column": 7}}, "memo", "column is a column's name"),
    ({"amount": "a", "direction": OUT, "memo": {"value": "x", "words": {}}}, "memo", "words is for a column"),
    ({"amount": {"value": "5", "sign": "negative is out"}}, "amount", "sign is for a column"),
    ({"amount": "a", "direction": OUT, "occurred_at": {"value": "x", "format": "%d.%m.%Y"}}, "occurred_at", "format is for"),
    ({"amount_out": {"value": "5"}, "amount_in": "b"}, "amount_out", "comes from a column"),
    ({"amount": "a", "direction": {"column": "d", "words": {"D": None}}}, "direction", "meaning of the word D"),
    ({"amount": "a", "amount_out": "b", "amount_in": "c"}, "amount", "not both"),
    ({"amount_out": "b"}, "amount_in", "amount_in has no column"),
    ({"amount_in": "b"}, "amount_out", "amount_out has no column"),
    ({"amount": {"column": "a", "sign": "negative is out"}, "direction": "d"}, "direction", "say it once"),
    ({"amount_out": "b", "amount_in": "c", "direction": OUT}, "direction", "say it once"),
    ({"amount": {"column": "a", "sign": "negative"}, "direction": OUT}, "amount", "“negative is out” or “negative is in”"),
    ({"amount": {"column": "a", "decimal_mark": ";"}, "direction": OUT}, "amount", "decimal_mark is"),
    ({"amount": {"column": "a", "decimal_mark": []}, "direction": OUT}, "amount", "decimal_mark is"),
    ({"amount": {"column": "a", "currency_sign": "-"}, "direction": OUT}, "amount", "currency_sign is"),
    ({"amount": {"column": "a", "currency_sign": "1"}, "direction": OUT}, "amount", "currency_sign is"),
    ({"amount": {"column": "a", "currency_sign": 5}, "direction": OUT}, "amount", "currency_sign is"),
    ({"amount": {"column": "a", "currency_sign": "x" * 9}, "direction": OUT}, "amount", "currency_sign is"),
    ({"amount": {"column": "a", "format": "%d"}, "direction": OUT}, "amount", "amount has no option format"),
    ({"amount": "a", "direction": OUT, "memo": {"column": "m", "sign": "negative is out"}}, "memo", "no option sign"),
    ({"amount": "a", "direction": OUT, "memo": {"column": "m", "plus_days": 1}}, "memo", "no option plus_days"),
    ({"amount": "a", "direction": OUT, "occurred_at": {"column": "m", "format": "%Z"}}, "occurred_at", "knows no %Z"),
    ({"amount": "a", "direction": OUT, "occurred_at": {"column": "m", "format": 7}}, "occurred_at", "format is text"),
    ({"amount": "a", "direction": OUT, "occurred_at": {"column": "m", "decimal_mark": "."}}, "occurred_at", "no option"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "name", "words"), MAPPING_ERRORS)
def test_a_mapping_that_says_it_twice_or_wrongly_is_refused_by_field(changes, name, words):
    with pytest.raises(Invalid) as refused:
        Mapping.parse({**BASE, **changes})
    assert words in refused.value.fields[f"mapping.{name}"][0]


@pytest.mark.parametrize(
    "text", ['{"amount": "a", "amount": "b"}', '{"amount": NaN}', "x" * 5_000, "x\x00", '{"amount": "\udcff"}']
)
def test_a_mapping_that_could_be_read_in_two_ways_is_refused(bank, tmp_path, text):
    with pytest.raises(CommandError, match=r"not valid JSON|neither a mapping"):
        run(statement(tmp_path, "1,A,2025-01-01,5"), text)


def test_a_mapping_file_that_is_no_text_is_refused(bank, tmp_path):
    (tmp_path / "mapping.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(CommandError, match="not valid JSON"):
        run(statement(tmp_path, "1,A,2025-01-01,5"), str(tmp_path / "mapping.json"))


@pytest.mark.parametrize("cell", ["", "  ", "NULL", "nan"])
def test_an_empty_direction_is_not_out(tmp_path, bank, cell):
    direction: dict[str, Any] = {"column": "dc", "words": {"D": "out", " C ": "in"}}
    path = statement(
        tmp_path, "1,A,2025-01-01,5,D ", f"2,A,2025-01-01,5,{cell}", "3,A,2025-01-01,5, C",
        header="id,account,date,amount,dc",
    )  # fmt: skip
    assert run(path, {**BASE, "amount": "amount", "direction": direction})["quarantined"] == 1
    assert movements() == {"1": ("5.00", "out"), "3": ("5.00", "in")}
    assert refusals()[2].startswith("direction is empty, and the mapping does not say what that means")
    direction["words"][""] = "in"
    assert run(path, {**BASE, "amount": "amount", "direction": direction})["accepted"] == 1
    assert movements()["2"] == ("5.00", "in")


def test_a_direction_column_that_is_not_there_is_not_out(tmp_path, bank):
    path = statement(tmp_path, "1,A,2025-01-01,5")
    with pytest.raises(CommandError, match="no column direction"):
        run(path, {**BASE, "amount": "amount", "direction": "direction"})


def test_a_column_is_read_by_the_format_that_the_mapping_says_and_no_value_is_guessed(tmp_path, bank):
    path = statement(tmp_path, "1,A,05.01.25,5", "2,A,2025-01-05,5", "3,A,01/05/25,5", "4,A,31.02.25,5", "5,A,,5")
    mapping = {**BASE, "amount": "amount", "direction": OUT, "occurred_at": {"column": "date", "format": "%d.%m.%y"}}
    assert run(path, mapping)["accepted"] == 1
    assert Transaction.objects.get().occurred_at.date().isoformat() == "2025-01-05"
    assert {number: words.partition(",")[0] for number, words in refusals().items()} == {
        2: "occurred_at is “2025-01-05”", 3: "occurred_at is “01/05/25”", 4: "occurred_at is “31.02.25”",
        5: "occurred_at is empty.",
    }  # fmt: skip


@pytest.mark.parametrize("format", ["", "%Y-%m-%d %H:%M:%S"])
def test_the_hour_of_a_clock_change_follows_one_rule_however_it_is_written(tmp_path, format):
    factories.source("bank", time_zone="Europe/Berlin")
    path = statement(tmp_path, "1,A,2024-10-27 02:10:00,1", "2,A,2024-10-27 03:10:00,1", "3,A,2024-03-31 02:30:00,1")
    date = {"column": "date", "format": format} if format else "date"
    run(path, {**BASE, "amount": "amount", "direction": OUT, "occurred_at": date})
    hours = {row.external_id: row.occurred_at.strftime("%H:%M") for row in Transaction.objects.all()}
    # The repeated hour is the first of both; the skipped one is none.
    assert hours == {"1": "00:10", "2": "02:10"}
    assert "skipped" in refusals()[3]


def test_a_row_that_could_not_be_read_is_not_taken_wrongly_when_it_is_released(tmp_path, bank, admin):
    """What is known of it stays; what is not must be said by whoever corrects it."""
    path = statement(tmp_path, "1,A,2025-01-01,1.000", "2,A,05.01.2025,-1.000,5", "3,A,05.01.2025,(7.00)")
    path.write_text(path.read_text().replace("-1.000,5", '"-1.000,5"'))
    mapping = {**BASE, "amount": {"column": "amount", "sign": "negative is out"}}
    assert run(path, mapping)["quarantined"] == 3
    unclear, _, dated = QuarantinedRow.objects.order_by("row_number")
    assert (unclear.fields.get("amount"), unclear.fields["direction"]) == (None, NO_DIRECTION)
    assert (dated.fields["amount"], dated.fields["direction"]) == ("7.00", "out")
    assert unclear.raw_bytes == b"1,A,2025-01-01,1.000\n"
    released = quarantine_release(actor=admin, row=unclear, reason="As it stands.")
    assert (released.state, released.reason) == (QuarantineState.OPEN, QuarantineReason.MISSING)
    fields = {**unclear.fields, "amount": "1000.00"}
    corrected = quarantine_correct(actor=admin, row=released, fields=fields, version=released.version)
    released = quarantine_release(actor=admin, row=corrected, reason="A thousand, says the bank.")
    assert (released.state, released.reason) == (QuarantineState.OPEN, QuarantineReason.DIRECTION)
    assert not Transaction.objects.exists()


def parquet_file(tmp_path: Path, **columns: Any) -> Path:
    plain: dict[str, Any] = {
        "external_id": ["T-1", "T-2", "T-3"], "account": ["A"] * 3, "occurred_at": ["2025-01-05"] * 3, "amount": ["1.00"] * 3,
        "currency": ["USD"] * 3,
    }  # fmt: skip
    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.table(plain | columns), path)
    return path


IDS = [2_291_163_933_867_244, 4_600_000_000_000, 42]


@pytest.mark.parametrize("kind", [pyarrow.int64(), pyarrow.uint64(), pyarrow.float64(), pyarrow.decimal128(20, 0), pyarrow.string(),
                                  pyarrow.decimal128(20, 2)])  # fmt: skip
@pytest.mark.parametrize("name", ["external_id", "account", "counterparty"])
def test_ids_of_parquet_keep_their_digits_whatever_their_type(tmp_path, bank, name, kind):
    values = pyarrow.array([str(each) for each in IDS]).cast(kind)
    assert run(parquet_file(tmp_path, **{name: values}))["accepted"] == 3
    row = Transaction.objects.select_related("account", "counterparty")
    assert {str(getattr(each, name)) for each in row} == {str(each) for each in IDS}


def test_ids_of_parquet_that_have_lost_digits_are_refused(tmp_path, bank):
    values = pyarrow.array([2.0**53 + 2, 1e22, 1.5], pyarrow.float64())
    assert run(parquet_file(tmp_path, account=values))["quarantined"] == 3
    path = parquet_file(
        tmp_path, account=pyarrow.array([2.0**24, 2.0**24 + 2, 7.0], pyarrow.float32()), external_id=["1", "2", "3"]
    )
    assert run(path)["accepted"] == 1
    assert set(Account.objects.values_list("external_id", flat=True)) == {"7"}


@pytest.mark.parametrize(
    ("kind", "limit"), [(pyarrow.float16(), 2**11), (pyarrow.float32(), 2**24), (pyarrow.float64(), 2**53)]
)
@pytest.mark.parametrize("name", ["external_id", "account", "counterparty"])
def test_the_first_number_that_may_be_another_is_refused(tmp_path, bank, kind, limit, name):
    """One more than the limit is the limit, once it is a number of the type."""
    values = pyarrow.array(np.array([limit - 1, limit + 1, 7], dtype=kind.to_pandas_dtype()), kind)
    report = run(parquet_file(tmp_path, **{name: values}))
    assert (report["accepted"], report["quarantined"]) == (2, 1)
    assert QuarantinedRow.objects.get().row_number == 2


ODD: list[tuple[dict[str, Any], str]] = [
    ({"account": "NULL"}, "missing"), ({"account": "A\u200b1"}, "characters"), ({"account": "4.6e+12"}, "type"),
    ({"account": 10**400}, "too-long"), ({"counterparty": "1.23457E+14"}, "type"), ({"amount": "1.000"}, "amount"),
    ({"amount": "1,234"}, "amount"), ({"amount": "-5"}, "amount"), ({"amount": "(5)"}, "amount"), ({"currency": "USDT"}, "currency"),
    ({"country": "UK"}, "country"), ({"occurred_at": "12/05/2015"}, "date"), ({"occurred_at": "20250407"}, "date"),
]  # fmt: skip


def test_the_api_says_the_same_of_odd_values(bank, admin):
    rows = [{"external_id": f"T-{number}", "account": "A-1", "occurred_at": "2025-03-02T12:00:00Z", "amount": "12.50", **odd}
            for number, (odd, _) in enumerate(ODD)]  # fmt: skip
    body = json.dumps({"source": "bank", "transactions": rows}).replace('"4.6e+12"', "4.6e+12")
    client = Client()
    client.force_login(admin)
    response = client.post(
        "/api/v1/transactions", body, content_type="application/json", headers={"Idempotency-Key": "odd"}
    )
    assert [row["reason"] for row in response.json()["results"]] == [reason for _, reason in ODD]


def test_the_page_refuses_a_signed_file_as_the_command_does(bank, admin):
    client = Client()
    client.force_login(admin)
    file = SimpleUploadedFile(
        "rows.csv", b"external_id,account,occurred_at,amount\n1,A,2025-01-01,5\n2,A,2025-01-01,-5\n"
    )
    response = client.post(
        f"/admin/transactions/source/{bank.pk}/upload/", {"file": file, "mapping": "", "delimiter": ","}
    )
    assert "Row 2 has the amount" in response.content.decode()
    assert not Transaction.objects.exists()


def test_a_missing_number_of_parquet_is_nothing_and_no_account(tmp_path, bank):
    gaps = pyarrow.array([float("nan"), None, 5.0], pyarrow.float64())
    assert run(parquet_file(tmp_path, counterparty=gaps))["accepted"] == 3
    assert {str(row.counterparty) for row in Transaction.objects.select_related("counterparty")} == {"None", "5"}
    path = parquet_file(tmp_path, account=gaps, external_id=["a", "b", "c"])
    assert (run(path)["quarantined"], set(QuarantinedRow.objects.values_list("reason", flat=True))) == (2, {"missing"})


@pytest.mark.parametrize(
    ("kind", "amounts", "right"),
    [
        (pyarrow.float32(), [10.1, 7.0, 99999.99], ["10.10", "7.00", "99999.99"]),
        (pyarrow.float64(), [10.1, 1e7, 12.5], ["10.10", "10000000.00", "12.50"]),
        (
            pyarrow.decimal128(20, 4),
            [Decimal("10.1"), Decimal("0.3"), Decimal(10_000_000)],
            ["10.10", "0.30", "10000000.00"],
        ),
        (pyarrow.decimal128(20, 3), [Decimal("12.5"), Decimal(1), Decimal("999.99")], ["12.50", "1.00", "999.99"]),
        (pyarrow.int32(), [1, 20, 300], ["1.00", "20.00", "300.00"]),
        (pyarrow.string(), ["1.5E+5", "0.5", "12"], ["150000.00", "0.50", "12.00"]),
    ],
)
@pytest.mark.parametrize("mapping", ["", {"amount": "amount"}, {"amount": {"column": "amount", "decimal_mark": "."}}])
def test_amounts_of_parquet_are_what_their_text_would_be(tmp_path, bank, kind, amounts, right, mapping):
    own = {name: name for name in ("external_id", "account", "occurred_at", "currency")} | {"direction": OUT}
    path = parquet_file(tmp_path, amount=pyarrow.array(amounts, kind))
    assert run(path, {**own, **mapping} if mapping else "")["accepted"] == 3
    assert [amount for amount, _ in movements().values()] == right


def test_signed_numbers_of_parquet_are_read_as_text_is(tmp_path, bank):
    path = parquet_file(tmp_path, amount=pyarrow.array([-12.5, 100.0, -0.0], pyarrow.float64()))
    with pytest.raises(CommandError, match="and no direction"):
        run(path)
    own = {name: name for name in ("external_id", "account", "occurred_at", "currency")}
    assert run(path, {**own, "amount": {"column": "amount", "sign": "negative is out"}})["accepted"] == 3
    assert movements() == {"T-1": ("12.50", "out"), "T-2": ("100.00", "in"), "T-3": ("0.00", "out")}


def test_a_quarantined_row_of_parquet_keeps_what_came(tmp_path, bank):
    own = {name: name for name in ("external_id", "account", "occurred_at", "currency")}
    path = parquet_file(tmp_path, amount=["(12.50)", "x", "5"], currency=["USD", "USD", "XXX"])
    run(path, {**own, "amount": {"column": "amount", "sign": "negative is out"}})
    raws = [json.loads(row.raw_bytes)["amount"] for row in QuarantinedRow.objects.order_by("row_number")]
    assert raws == ["x", "5"]


def test_a_time_zone_of_parquet_is_the_moment_that_it_says(tmp_path, bank):
    times = pyarrow.array([1_736_053_200_000] * 3, pyarrow.timestamp("ms", tz="America/New_York"))
    assert run(parquet_file(tmp_path, occurred_at=times))["accepted"] == 3
    assert {row.occurred_at.isoformat() for row in Transaction.objects.all()} == {"2025-01-05T05:00:00+00:00"}


def test_the_labels_of_a_data_frame_with_gaps_are_read(tmp_path, bank):
    labels = pyarrow.array([1.0, 0.0, float("nan")], pyarrow.float64())
    run(parquet_file(tmp_path, is_suspicious=labels))
    assert {row.external_id: [label.is_suspicious for label in row.labels.all()] for row in Transaction.objects.all()} == {
        "T-1": [True], "T-2": [False], "T-3": [],
    }  # fmt: skip
