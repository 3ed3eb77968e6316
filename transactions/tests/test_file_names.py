"""What a file is called, and what stands in it, says nothing to a ledger or a terminal that is not seen."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from finobs.core.errors import Invalid
from finobs.core.text import visible
from tests.support.clients import signed_in
from transactions.file_names import plain_file_name
from transactions.models import Batch, Source
from transactions.services import ingest, labels_add

from .conftest import raw

pytestmark = pytest.mark.django_db
CONTENT = b"external_id,account,occurred_at,amount,currency,direction\nT1,A1,2026-03-02T10:00:00Z,10.00,USD,out\n"
NAMES = [
    "a\u202egpj.csv", "a\u2066b.csv", "\u3164.csv", "a\u200bb.csv", "a\U000e0041.csv", "a\nb.csv", "a\rb.csv", "a\x1b[31m.csv",
    "a\udcff.csv", "a\u2d7f.csv", "a\ue000.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_way_in_keeps_a_name_that_deceives(bank: Source, admin: Any, tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        plain_file_name(name)
    calls: list[tuple[Any, dict[str, Any]]] = [(ingest, {"method": "file"}), (labels_add, {})]
    for service, more in calls:
        with pytest.raises(Invalid) as refused:
            service(actor=admin, source=bank, rows=[raw()], file_name=name, **more)
        assert list(refused.value.fields) == ["file"]
    file = tmp_path / name
    Path(os.fsencode(file).decode("utf-8", "surrogateescape")).write_bytes(CONTENT)
    for command in ("import_transactions", "import_labels"):
        with pytest.raises(CommandError) as said:
            call_command(
                command, str(file), source=bank.slug, no_progress=True, stdout=io.StringIO(), stderr=io.StringIO()
            )
        assert "The name of the file" in str(said.value)
        assert str(said.value).encode().decode().replace("\n", "").isprintable()
    if "\udcff" not in name:
        upload = SimpleUploadedFile("f.csv", CONTENT)
        upload.name = name  # the class would cut it
        sent = {"file": upload, "mapping": "", "delimiter": ","}
        browser = signed_in(admin)
        response = browser.post(f"/admin/transactions/source/{bank.pk}/upload/", sent)
        # What the browser's form cuts off or the service refuses; it is never taken as it came.
        assert response.status_code == (302 if Batch.objects.exists() else 200), response.status_code
    assert not [
        batch for batch in Batch.objects.all() if not batch.file_name.isprintable() or "\u3164" in batch.file_name
    ]


def test_an_everyday_name_is_kept(bank: Source, admin: Any) -> None:
    result = ingest(actor=admin, source=bank, rows=[raw()], method="file", file_name="Umsätze  März (1).csv")  # type: ignore[arg-type]
    assert result is not None
    assert Batch.objects.latest("pk").file_name == "Umsätze März (1).csv"


@pytest.mark.parametrize("command", ["import_transactions", "import_labels"])
@pytest.mark.parametrize(
    "header", [b"external_id,account,\x1b[31mred,amount", b"external_id,\x1b[2Jx\xe2\x80\xae\x07,is_suspicious"]
)
def test_a_header_says_nothing_to_the_terminal(bank: Source, tmp_path: Path, command: str, header: bytes) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(header + b"\nT1,A1,no,1\n\x1b[31mbelow\n")
    out, err = io.StringIO(), io.StringIO()
    said = ""
    try:
        call_command(command, str(file), source=bank.slug, no_progress=True, stdout=out, stderr=err, no_color=True)
    except CommandError as error:
        said = str(error)
    printed = said + out.getvalue() + err.getvalue()
    assert "U+001B" in printed
    assert [each for each in printed if not (each.isprintable() or each == "\n")] == []


def test_what_is_printed_names_what_is_not_drawn() -> None:
    assert visible("a\x1b[31m\u202e\u3164\tb\nc é 振") == "a<U+001B>[31m<U+202E><U+3164><U+0009>b\nc é 振"
