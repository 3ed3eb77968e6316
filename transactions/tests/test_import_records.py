"""Files of records: by command and by the administration's upload, CSV and Parquet, mapped or not."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from finobs.core.errors import Invalid
from tests import factories
from tests.support.clients import signed_in
from transactions.models import AccountParty, Batch, Customer, CustomerProfile, PartyRelation, QuarantinedRow

pytestmark = pytest.mark.django_db
HEADER = "external_id,kind,valid_from,name,country_of_residence,aliases"


def write(folder: Path, *lines: str, name: str = "rows.csv") -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def run(file: str, kind: str = "customer", source: str = "bank", **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command(
        "import_records", file, kind=kind, source=source, json=True, no_progress=True, stdout=out, stderr=io.StringIO(),
        **options,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_a_csv_file_comes_in_lot_by_lot_and_twice_is_once(bank, tmp_path):
    file = write(tmp_path, HEADER, *(f"C-{n},person,2024-01-01,Ana {n},SE,Annie|Anna" for n in range(7)))
    first, again = run(file, batch_size=3), run(file, batch_size=5)
    assert (first["accepted"], len(first["batches"]), again["duplicate"], again["accepted"]) == (7, 3, 7, 0)
    assert Customer.objects.count() == CustomerProfile.objects.count() == 7
    assert CustomerProfile.objects.first().profile["aliases"] == [{"name": "Annie"}, {"name": "Anna"}]  # type: ignore[union-attr]
    assert Batch.objects.earliest("id").file_name == "rows.csv"


def test_only_what_a_customer_must_have_needs_a_column(bank, tmp_path):
    assert run(write(tmp_path, "external_id,kind,name", "C-1,organisation,Berg AB"))["accepted"] == 1
    with pytest.raises(CommandError, match="no column kind"):
        run(write(tmp_path, "external_id,name", "C-1,Ana"))


def test_a_bad_row_is_held_back_and_the_file_of_them_comes_in_once_it_is_right(bank, tmp_path, client, admin):
    report = run(write(tmp_path, HEADER, "C-1,person,2024-01-01,Ana,Nowhere,", "C-2,person,2024-01-01,Bo,SE,"))
    assert (report["accepted"], report["quarantined"], report["reasons"]) == (1, 1, {"Unknown country": 1})
    assert bytes(QuarantinedRow.objects.get().raw_bytes) == b"C-1,person,2024-01-01,Ana,Nowhere,\n"
    client.force_login(admin)
    page = client.get(reverse("transactions:quarantine-file"), {"kind": "customer"})
    text = b"".join(page.streaming_content).decode("utf-8-sig").replace("Nowhere", "SE")
    lines = text.splitlines()
    assert lines[0].startswith("external_id,kind,valid_from,name,")
    assert run(write(tmp_path, *lines))["accepted"] == 1
    assert QuarantinedRow.objects.get().state == "superseded"


def test_a_parquet_file_comes_in_as_a_csv_file_does(bank, tmp_path):
    import datetime

    table = pa.table(
        {
            "external_id": ["C-1", "C-2"], "kind": ["person", "organisation"], "name": ["Ana", "Berg AB"],
            "valid_from": [datetime.date(2024, 1, 1)] * 2, "is_pep": [True, None],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    assert run(str(tmp_path / "rows.parquet"))["accepted"] == 2
    assert Customer.objects.get(external_id="C-1").is_pep
    assert str(CustomerProfile.objects.earliest("id").valid_from) == "2024-01-01"


def test_a_mapping_names_columns_formats_and_words(bank, tmp_path):
    mapping = {
        "external_id": "Kundnr", "kind": {"column": "Typ", "words": {"P": "person", "F": "organisation"}},
        "name": {"columns": ["Förnamn", "Efternamn"]}, "valid_from": {"column": "Från", "format": "%d.%m.%Y"},
        "country_of_residence": {"value": "SE"},
    }  # fmt: skip
    file = write(tmp_path, "Kundnr;Typ;Förnamn;Efternamn;Från", "17;P;Ana;Ågren;31.01.2024")
    assert run(file, mapping=json.dumps(mapping))["accepted"] == 1
    profile = CustomerProfile.objects.get()
    assert (profile.profile["name"], str(profile.valid_from)) == ("Ana Ågren", "2024-01-31")
    for wrong, message in (
        ({**mapping, "amount": "x"}, "no field of a customer named amount"), ({"kind": "Typ"}, "external_id has no column"),
        ({**mapping, "name": {"column": "x", "format": "%d"}}, "has no option format"),
    ):  # fmt: skip
        with pytest.raises((CommandError, Invalid), match=message):
            run(file, mapping=json.dumps(wrong))


def test_parties_and_relations_come_by_the_same_command(bank, tmp_path):
    run(write(tmp_path, "external_id,kind,name", "C-1,person,Ana", "C-2,organisation,Berg AB"))
    parties = write(
        tmp_path, "account,customer,role,valid_from", "A-1,C-1,holder,2024-01-01", "A-1,C-9,holder,2024-01-01"
    )
    relations = write(
        tmp_path, "customer,other,kind,share,valid_from", "C-1,C-2,owns,60,2024-01-01", name="relations.csv"
    )
    assert run(parties, "account_party")["quarantined"] == 1
    assert run(relations, "relation")["accepted"] == 1
    assert (AccountParty.objects.count(), PartyRelation.objects.get().share) == (1, 6000)


def test_what_the_command_cannot_do_is_said(bank, tmp_path):
    file = write(tmp_path, HEADER, "C-1,person,2024-01-01,Ana,SE,")
    for options in ({"source": "nowhere"}, {"kind": "planet"}, {"batch_size": 0}, {"actor": "nobody@example.test"}):
        with pytest.raises(CommandError):
            run(file, **options)
    with pytest.raises(CommandError, match="nor JSON"):
        run(file, mapping="customers")


def test_a_report_for_people_says_what_was_held_back(bank, tmp_path):
    out = io.StringIO()
    file = write(tmp_path, HEADER, "C-1,person,2024-01-01,,SE,")
    call_command(
        "import_records", file, kind="customer", source="bank", no_progress=True, stdout=out, stderr=io.StringIO()
    )  # fmt: skip
    assert "1 x Required field is empty" in out.getvalue()


def test_an_administrator_uploads_a_file_of_any_kind(bank, admin):
    upload = reverse("admin:transactions_source_upload", args=[bank.pk])
    rows = b"external_id,kind,name\nC-1,person,Ana\nC-2,robot,Bo\n"

    def send(**fields: Any) -> Any:
        return signed_in(admin).post(upload, {"file": SimpleUploadedFile("rows.csv", rows), **fields}, follow=True)

    assert b"1 accepted, 0 duplicate, 1 in quarantine" in send(kind="customer").content
    assert b"0 accepted, 1 duplicate" in send(kind="customer").content
    assert b"no column" in send(kind="relation").content
    assert b"no column" in send().content
    assert Batch.objects.filter(kind="customer", method="admin").count() == 2


def test_who_may_not_feed_uploads_nothing(bank, tmp_path):
    person = factories.user("Ana Analyst", role="analyst", email="ana@example.test")
    file = write(tmp_path, HEADER, "C-1,person,2024-01-01,Ana,SE,")
    with pytest.raises(CommandError):
        run(file, actor=person.email)
    assert not Customer.objects.exists()
