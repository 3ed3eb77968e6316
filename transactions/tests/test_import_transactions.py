"""manage.py import_transactions: any file, bad lines included, once."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pyarrow import parquet

from finobs.settings import env
from tests import factories
from transactions import hooks
from transactions.choices import QuarantineReason
from transactions.models import Label, QuarantinedRow, Source, Transaction

pytestmark = pytest.mark.django_db
HEADER = b"external_id,account,counterparty,occurred_at,amount,currency\n"
GOOD = b"T-%d,A-1,M-1,2026-03-02T12:00:00Z,12.50,USD\n"


def run(path: Path, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(
        "import_transactions", str(path), "--source", "bank", "--json", "--no-progress", *arguments, stdout=out
    )
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def csv(tmp_path: Path, *lines: bytes, header: bytes = HEADER, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(header + b"".join(lines))
    return path


def test_a_csv_comes_in_once_and_the_report_says_what_became_of_it(tmp_path, bank, monkeypatch):
    monkeypatch.setattr(hooks, "_counters", {"alerts": lambda batch_ids: 2 * len(batch_ids)})
    path = csv(tmp_path, GOOD % 1, GOOD % 2, b"\n", GOOD % 2)
    report = run(path)
    assert (report["received"], report["accepted"], report["duplicate"], report["quarantined"]) == (3, 2, 1, 0)
    assert report["alerts"] == 2
    assert report["incidents"] == 0
    assert set(report) == {
        "received", "accepted", "duplicate", "quarantined", "already_quarantined", "labels", "labels_refused", "alerts",
        "incidents", "seconds", "rows_per_second", "reasons", "layout", "peak_rss_mb",
    }  # fmt: skip
    monkeypatch.setattr(hooks, "_counters", {})
    assert run(path)["accepted"] == 0


BAD = {
    "too few columns": (b"T-9,A-1\n", QuarantineReason.MALFORMED),
    "too many columns": (GOOD.replace(b"\n", b",more\n") % 9, QuarantineReason.MALFORMED),
    "an open quote": (b'T-9,"A-1,M-1,2026-03-02T12:00:00Z,12.50,USD\n', QuarantineReason.MALFORMED),
    "a quote in the middle": (b'T-9,A-1,"M"x-1,2026-03-02T12:00:00Z,12.50,USD\n', QuarantineReason.MALFORMED),
    "invalid UTF-8": (b"T-9,A\xff,M-1,2026-03-02T12:00:00Z,12.50,USD\n", QuarantineReason.ENCODING),
    "cut UTF-8": (b"T-9,A\xe2\x82,M-1,2026-03-02T12:00:00Z,12.50,USD\n", QuarantineReason.ENCODING),
    "a NUL": (b"T-9,A\x00,M-1,2026-03-02T12:00:00Z,12.50,USD\n", QuarantineReason.CHARACTERS),
    "a field of 10 MB": (
        b"T-9," + b"A" * 10_000_000 + b",M-1,2026-03-02T12:00:00Z,12.50,USD\n",
        QuarantineReason.TOO_LONG,
    ),
    "NaN": (b"T-9,A-1,M-1,2026-03-02T12:00:00Z,NaN,USD\n", QuarantineReason.AMOUNT),
    "1e400": (b"T-9,A-1,M-1,2026-03-02T12:00:00Z,1e400,USD\n", QuarantineReason.AMOUNT),
    "year 0": (b"T-9,A-1,M-1,0000-03-02T12:00:00Z,1,USD\n", QuarantineReason.DATE),
    "an unknown currency": (b"T-9,A-1,M-1,2026-03-02T12:00:00Z,1,BTC\n", QuarantineReason.CURRENCY),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_a_bad_line_costs_itself_only_and_is_kept_to_the_byte(tmp_path, bank, line, reason):
    report = run(csv(tmp_path, GOOD % 1, line, *(GOOD % n for n in range(2, 6))))
    assert (report["accepted"], report["quarantined"]) == (5, 1)
    row = QuarantinedRow.objects.get()
    assert (row.reason, row.row_number) == (reason, 2)
    assert zlib.decompress(bytes(row.raw)) == line
    assert row.detail


def test_many_open_quotes_do_not_swallow_one_another(tmp_path, bank):
    lines = []
    for n in range(300):
        lines += [BAD["an open quote"][0].replace(b"T-9", b"B-%d" % n), GOOD % n]
    report = run(csv(tmp_path, *lines))
    assert (report["accepted"], report["quarantined"]) == (300, 300)


def test_a_quoted_field_may_hold_delimiters_quotes_and_line_breaks(tmp_path, bank):
    line = b'T-1,"A,1","M ""x""",2026-03-02T12:00:00Z,12.50,USD,"two\nlines"\r\n'
    assert run(csv(tmp_path, line, header=HEADER.replace(b"\n", b",memo\r\n")))["accepted"] == 1
    row = Transaction.objects.select_related("account", "counterparty").get()
    assert (row.account.external_id, str(row.counterparty), row.memo) == ("A,1", 'M "x"', "two\nlines")


def test_a_byte_order_mark_and_another_delimiter_are_read(tmp_path, bank):
    path = csv(tmp_path, (GOOD % 1).replace(b",", b";"), header=b"\xef\xbb\xbf" + HEADER.replace(b",", b";"))
    assert run(path, "--delimiter", ";")["accepted"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,account\n1,2\n", "no column amount, external_id, occurred_at"),
        (b"", "The file is empty"),
        ("external_id\n".encode("utf-16"), "has no column account"),
        (b"PK\x03\x04", "ZIP"),
        (
            b"external_id,amount,occurred_at,account,Account \n1,2,3,4,5\n",
            "account stands 2 times in the header, as #4 and #5",
        ),
        (b"\xff\xffbad\n", "header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path, bank, content, said):
    with pytest.raises(CommandError, match=said):
        run(csv(tmp_path, header=content))


def test_what_cannot_be_meant_is_refused_before_anything_happens(tmp_path, bank):
    path = csv(tmp_path, GOOD % 1)
    for arguments, said in [
        (("--mapping", "nonsense"), "neither a mapping"),
        (("--mapping", "{"), "not valid JSON"),
        (("--mapping", '{"account": "a", "colour": "b"}'), "no field named colour"),
        (("--batch-size", "10001"), "batch-size"),
        (("--actor", "nobody@example.test"), "nobody"),
    ]:
        with pytest.raises(CommandError, match=said):
            run(path, *arguments)
    with pytest.raises(CommandError, match="no file"):
        run(tmp_path / "missing.csv")
    with pytest.raises(CommandError, match="--create-source"):
        call_command("import_transactions", str(path), "--source", "other", "--no-progress")
    assert not Transaction.objects.exists()


def test_a_source_can_be_made_on_the_way(tmp_path, db):
    assert run(csv(tmp_path, GOOD % 1), "--create-source", "--currency", "EUR")["accepted"] == 1
    assert Source.objects.get(slug="bank").default_currency == "EUR"


def test_who_imports_needs_the_permission(tmp_path, bank, analyst):
    with pytest.raises(CommandError, match="not"):
        run(csv(tmp_path, GOOD % 1), "--actor", analyst.email)


def test_a_mapping_of_ones_own_gives_columns_constants_words_and_days(tmp_path, bank):
    mapping = {
        "external_id": "id", "account": "konto", "occurred_at": "datum", "amount": "betrag", "currency": {"value": "EUR"},
        "direction": {"column": "sh", "words": {"S": "out", "H": "in"}}, "is_suspicious": {"value": "1"},
        "label_known_at": {"column": "datum", "plus_days": 30},
    }  # fmt: skip
    given = tmp_path / "mapping.json"
    given.write_text(json.dumps(mapping))
    path = csv(tmp_path, b"1,K-1,2025-07-01,5,H\n", header=b"id,konto,datum,betrag,sh\n")
    assert run(path, "--mapping", str(given))["accepted"] == 1
    row = Transaction.objects.get()
    assert (row.currency, row.direction) == ("EUR", "in")
    assert row.labels.get().known_at - row.occurred_at == timedelta(days=30)


@pytest.mark.parametrize("by_column", [("external_id",), ()])
def test_a_mapping_may_take_nearly_everything_as_given(tmp_path, bank, by_column):
    given = {"external_id": "T-9", "account": "A-1", "occurred_at": "2026-03-02T12:00:00Z", "amount": "1.00"}
    mapping: dict[str, Any] = {name: name if name in by_column else {"value": value} for name, value in given.items()}
    mapping |= {"currency": {"value": "USD"}, "direction": {"value": "out"}}
    path = csv(tmp_path, b"T-1\n", header=b"external_id\n")
    assert run(path, "--mapping", json.dumps(mapping))["accepted"] == 1
    assert Transaction.objects.get().external_id == ("T-1" if by_column else "T-9")


@pytest.mark.parametrize("broken", ["{" * 5, '{"a":' * 100_000, '{"external_id": ' + "9" * 5_000 + "}"])
def test_a_mapping_that_is_no_json_is_refused(tmp_path, bank, broken):
    with pytest.raises(CommandError, match="not valid JSON"):
        run(csv(tmp_path, GOOD % 1), "--mapping", broken)


def test_a_mark_that_some_call_a_line_break_ends_no_row(tmp_path, bank):
    path = csv(tmp_path, b'"T-1",A-\xe2\x80\xa81,M-1,2026-03-02T12:00:00Z,12.50,USD\n')
    assert run(path)["quarantined"] == 1
    row = QuarantinedRow.objects.get()
    assert (row.reason, row.fields["amount"]) == (QuarantineReason.CHARACTERS, "12.50")
    assert "account holds U+2028 LINE SEPARATOR" in row.detail


def test_parquet_of_many_types_is_read_exactly(tmp_path, bank):
    table = pyarrow.table(
        {
            "external_id": pyarrow.array([1, 2, 3, 4], pyarrow.int32()),
            "account": pyarrow.array([b"A-1", b"A-\xff", b"A-3", b"A-4"], pyarrow.binary()).cast(pyarrow.binary()),
            "occurred_at": pyarrow.array([1_772_452_800_000] * 4, pyarrow.timestamp("ms")),
            "amount": pyarrow.array([57.16, 1.0, float("nan"), 1e300], pyarrow.float64()),
        }
    )
    parquet.write_table(table, tmp_path / "rows.parquet")
    report = run(tmp_path / "rows.parquet")
    assert (report["accepted"], report["quarantined"]) == (1, 3)
    assert Transaction.objects.get().amount_minor == 5716
    assert set(QuarantinedRow.objects.values_list("reason", flat=True)) == {
        QuarantineReason.ENCODING,
        QuarantineReason.AMOUNT,
    }


def test_a_parquet_file_that_is_none_is_refused(tmp_path, bank):
    with pytest.raises(CommandError, match="Parquet"):
        run(csv(tmp_path, GOOD % 1, name="rows.parquet"))


@pytest.mark.data
def test_the_handbook_comes_in_with_its_labels(tmp_path, db):
    full = env.FINOBS_DATA_DIR / "handbook" / "transactions.parquet"
    if not full.exists():
        pytest.skip(f"no data at {full}")
    head = next(parquet.ParquetFile(full).iter_batches(2000))
    parquet.write_table(pyarrow.Table.from_batches([head]), tmp_path / "head.parquet")
    report = run(tmp_path / "head.parquet", "--mapping", "handbook")
    assert (report["accepted"], report["quarantined"]) == (2000, 0)
    label = Label.objects.select_related("transaction").first()
    assert label is not None
    assert label.known_at - label.transaction.occurred_at == timedelta(days=7)
    assert settings.USE_TZ


def test_malformed_lines_one_in_ten_lose_no_good_one(tmp_path, bank):
    """REL-11, in small: the bench runs it in large."""
    kinds = [line for name, (line, _) in BAD.items() if name != "a field of 10 MB"]
    lines = []
    for n in range(2000):
        lines.append(GOOD % n)
        if n % 10 == 0:
            lines.append(kinds[(n // 10) % len(kinds)].replace(b"T-9", b"B-%d" % n))
    report = run(csv(tmp_path, *lines))
    assert (report["received"], report["accepted"], report["quarantined"]) == (2200, 2000, 200)
    assert QuarantinedRow.objects.filter(detail="").count() == 0


def test_an_import_goes_through_the_sources_own_mapping(tmp_path, db):
    mapping = {"external_id": "a", "account": "b", "occurred_at": "c", "amount": "d", "direction": {"value": "in"}}
    factories.source("bank", mapping=mapping)
    assert run(csv(tmp_path, b"1,A,2026-03-02,5\n", header=b"a,b,c,d\n"))["accepted"] == 1
