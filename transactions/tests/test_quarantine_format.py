"""The file of quarantined rows comes back as it was, whatever its texts begin with, and is no formula on the way."""

from __future__ import annotations

import csv
import io
import string

import pytest

from finobs.accounts.models import User
from tests import factories
from transactions.choices import IngestMethod
from transactions.files import CsvOptions, open_rows
from transactions.mappings import resolve
from transactions.models import QuarantinedRow, Source, Transaction
from transactions.quarantine_format import FORMULA_STARTS, escaped, unescaped
from transactions.quarantine_rows import quarantine_lines
from transactions.row_validation import RawRow
from transactions.services import ingest

from .conftest import raw

STARTS = [*string.printable, *FORMULA_STARTS, "'", "''", "é", "“"]
TEXTS = [f"{quotes}{start}{rest}" for start in STARTS for quotes in ("", "'", "''") for rest in ("abc-1", "12", "")]
DANGEROUS = tuple("=+-@\t\r\n")


def reread(content: str) -> list[RawRow]:
    return list(open_rows(io.BytesIO(content.encode()), "rows.csv", resolve("finobs")[0], CsvOptions()).rows)


def test_whatever_is_escaped_comes_back_and_begins_no_formula() -> None:
    for text in TEXTS:
        assert unescaped(escaped(text)) == text, text
        is_number = text.lstrip("+-")[:1].isdigit()
        assert not escaped(text).startswith(DANGEROUS) or is_number, text
    assert len({escaped(text) for text in TEXTS}) == len(set(TEXTS))


@pytest.mark.django_db
def test_every_start_of_an_id_and_a_memo_survives_download_and_import(admin: User, bank: Source) -> None:
    """Of characters that a file may hold: nothing that cannot be seen is in an id."""
    texts = sorted({text for text in TEXTS if text.strip() == text and text.isprintable() and text})
    rows = [raw(number, external_id=text, memo=text, amount="x") for number, text in enumerate(texts)]
    ingest(actor=admin, source=bank, rows=rows, method=IngestMethod.FILE)
    waiting = {row.fields["memo"]: row.fields for row in QuarantinedRow.objects.all()}
    assert set(waiting) == set(texts)
    again = reread("".join(quarantine_lines(QuarantinedRow.objects.all())))
    assert [row.fault for row in again if row.fault] == []
    for row in again:
        before = waiting[row.fields["memo"]]
        assert {name: value for name, value in row.fields.items() if value} == before
    corrected = [RawRow({**row.fields, "amount": "12.50"}) for row in again]
    ingest(actor=admin, source=bank, rows=corrected, method=IngestMethod.FILE)
    # As the same ids are read by any other way.
    straight = [RawRow({**row.fields, "amount": "12.50"}) for row in rows]
    ingest(actor=admin, source=factories.source("other"), rows=straight, method=IngestMethod.REST)
    ids = {
        slug: set(Transaction.objects.filter(source__slug=slug).values_list("external_id", flat=True))
        for slug in ("bank", "other")
    }
    assert ids["bank"] == ids["other"]
    assert len(ids["bank"]) > 200


def test_a_quote_in_any_other_file_stays() -> None:
    columns = ["external_id", "account", "occurred_at", "amount", "currency"]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([columns, ["'-abc-1", "'@x", "2026-03-02", "5.00", "USD"]])
    (row,) = reread(out.getvalue())
    assert (row.fields["external_id"], row.fields["account"]) == ("'-abc-1", "'@x")
