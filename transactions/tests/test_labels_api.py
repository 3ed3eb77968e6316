"""POST /api/v1/labels and its reads; manage.py import_labels."""

from __future__ import annotations

import json
from io import StringIO

import pyarrow
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pyarrow import parquet

from transactions.choices import IngestMethod
from transactions.models import Label, LabelBatch, PastLabel
from transactions.services import ingest

from .conftest import raw

pytestmark = pytest.mark.django_db
URL = "/api/v1/labels"
LABEL = {
    "external_id": "T-1",
    "is_suspicious": True,
    "typology": "leaked_card",
    "label_known_at": "2026-03-20T00:00:00Z",
}


@pytest.fixture
def rows(service, bank):
    return ingest(actor=service, source=bank, rows=[raw(n) for n in range(1, 5)], method=IngestMethod.REST).rows


def client(person):
    found = Client()
    found.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return found


def post(person, body, key="one", url=URL):
    headers = {"Idempotency-Key": key} if key else {}
    return client(person).post(url, json.dumps(body), content_type="application/json", headers=headers)


def test_labels_are_taken_row_by_row(admin, rows):
    answer = post(admin, {"source": "bank", "labels": [LABEL, LABEL | {"external_id": "T-404"}]})
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["received"], said["accepted"], said["refused"]) == (2, 1, 1)
    assert [row["status"] for row in said["results"]] == ["accepted", "refused"]
    assert said["results"][1]["reason"] == "unknown-transaction"
    assert said["label_batch_id"] == LabelBatch.objects.get().pk


def test_one_label_or_a_list_will_do(admin, rows):
    assert post(admin, {"source": "bank", **LABEL}, "a").json()["accepted"] == 1
    assert post(admin, [LABEL | {"external_id": "T-2"}], "b", f"{URL}?source=bank").json()["accepted"] == 1


def test_the_same_key_gets_the_same_answer_and_does_nothing(admin, rows):
    first = post(admin, {"source": "bank", "labels": [LABEL]})
    again = post(admin, {"source": "bank", "labels": [LABEL]})
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert LabelBatch.objects.count() == 1
    assert post(admin, {"source": "bank", "labels": [LABEL | {"typology": ""}]}).status_code == 422
    assert post(admin, {"source": "bank", "labels": [LABEL]}, key="").status_code == 400


def test_a_body_that_is_no_label_is_422(admin, rows):
    for number, body in enumerate(
        ({"labels": [LABEL]}, {"source": "bank", "labels": "x"}, "x", {"source": "bank", "labels": []})
    ):
        assert post(admin, body, f"k{number}").status_code == 422, body
    assert post(admin, {"source": "nowhere", "labels": [LABEL]}).status_code == 404
    answer = post(admin, {"source": "bank", "labels": [7]}, "seven")
    assert answer.json()["results"][0]["reason"] == "malformed"


def test_labels_are_listed_as_they_stand(admin, auditor, stranger, rows):
    post(admin, {"source": "bank", "labels": [LABEL, LABEL | {"external_id": "T-2"}]})
    post(admin, {"source": "bank", "labels": [LABEL | {"is_suspicious": False}]}, "two")
    found = client(auditor).get(f"{URL}?is_suspicious=false").json()["results"]
    assert [(row["external_id"], row["source"], row["is_suspicious"]) for row in found] == [("T-1", "bank", False)]
    assert len(client(auditor).get(URL).json()["results"]) == 2
    assert client(stranger).get(URL).json()["results"] == []


def run(path, *arguments):
    out, err = StringIO(), StringIO()
    call_command("import_labels", str(path), "--source", "bank", "--no-progress", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_csv_of_labels_comes_in_once(tmp_path, rows):
    path = tmp_path / "chargebacks.csv"
    path.write_text("external_id,is_suspicious\nT-1,1\nT-2,0\nT-404,1\n")
    report = json.loads(run(path, "--json", "--batch-size", "2")[0])
    assert (report["received"], report["accepted"], report["refused"]) == (3, 2, 1)
    assert (report["refusals"][0]["row"], len(report["batches"])) == (3, 2)
    out, err = run(path)
    assert "duplicate  2" in out
    assert "row 3: unknown-transaction" in err
    assert Label.objects.count() == 2


def test_a_parquet_file_by_the_transactions_own_mapping(tmp_path, rows):
    """The handbook's labels, seven days later, over the same file as its transactions."""
    path = tmp_path / "handbook.parquet"
    table = pyarrow.table(
        {"transaction_id": ["T-1"], "tx_datetime": ["2026-03-02T12:00:00"], "is_fraud": [1], "fraud_scenario": [3]}
    )
    parquet.write_table(table, path)
    run(path, "--mapping", "handbook")
    label = Label.objects.get()
    assert (label.typology, label.known_at.isoformat()) == ("leaked_card", "2026-03-09T12:00:00+00:00")


def test_a_mapping_of_its_own(tmp_path, rows):
    path = tmp_path / "labels.csv"
    path.write_text("id;fraud\nT-1;yes\n")
    mapping = json.dumps({"external_id": "id", "is_suspicious": "fraud"})
    run(path, "--mapping", mapping, "--delimiter", ";")
    assert Label.objects.get().is_suspicious
    with pytest.raises(CommandError, match="is_suspicious has no column"):
        run(path, "--mapping", '{"external_id": "id"}')
    path.write_text("external_id\nT-1\n")
    with pytest.raises(CommandError, match="no column is_suspicious"):
        run(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--source", "nowhere"), "no source"), (("--actor", "x@y.test"), "nobody"), (("--batch-size", "0"), "1 to")],
)
def test_the_command_refuses_plainly(tmp_path, rows, arguments, said):
    path = tmp_path / "labels.csv"
    path.write_text("external_id,is_suspicious\nT-1,1\n")
    with pytest.raises(CommandError, match=said):
        run(path, *arguments)
    with pytest.raises(CommandError, match="no file"):
        run(tmp_path / "none.csv")


def test_the_admin_shows_labels_and_changes_none(superuser, admin, rows):
    post(admin, {"source": "bank", "labels": [LABEL]})
    post(admin, {"source": "bank", "labels": [LABEL | {"is_suspicious": False}, {"external_id": "T-404"}]}, "two")
    asked = client(superuser)
    for model in (Label, PastLabel, LabelBatch):
        row, name = model.objects.latest("pk"), model._meta.model_name
        for address in ("", f"{row.pk}/change/"):
            page = asked.get(f"/admin/transactions/{name}/{address}")
            assert page.status_code == 200, (name, address)
        assert asked.post(f"/admin/transactions/{name}/{row.pk}/change/", {}).status_code == 403
        assert asked.get(f"/admin/transactions/{name}/add/").status_code == 403
