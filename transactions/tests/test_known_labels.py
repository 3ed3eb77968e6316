"""A label that comes again with its row is known; one that says something new is taken, as a batch of labels."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError

from finobs.accounts.models import User
from finobs.core.errors import NotAllowed, Unavailable
from tests.support.clients import signed_in
from transactions.choices import IngestMethod, LabelOrigin
from transactions.models import Label, LabelBatch, PastLabel, Source, Transaction
from transactions.services import IngestResult, ingest, known_labels, labels_add

from .conftest import fields, raw

KNOWN_AT = "2026-03-20T00:00:00Z"


@pytest.fixture
def take(service: User, bank: Source, django_capture_on_commit_callbacks: Any) -> Any:
    def ingest_and_commit(*rows: Any) -> IngestResult:
        with django_capture_on_commit_callbacks(execute=True):
            return ingest(actor=service, source=bank, rows=rows, method=IngestMethod.FILE, file_name="march.csv")

    return ingest_and_commit


@pytest.mark.django_db
def test_a_label_of_a_known_row_is_taken_when_there_was_none(take: Any) -> None:
    assert take(raw(1), raw(2)).labels == []
    done = take(raw(1, is_suspicious="1", typology="stolen_card", label_known_at=KNOWN_AT), raw(2))
    assert (done.batch.duplicate, done.labels[0].batch.accepted) == (2, 1)
    label = Label.objects.get()
    assert (label.transaction.external_id, label.is_suspicious, label.typology, label.origin) == (
        "T-1", True, "stolen_card", LabelOrigin.BATCH,
    )  # fmt: skip
    assert (label.label_batch, done.labels[0].batch.file_name) == (LabelBatch.objects.get(), "march.csv")


@pytest.mark.django_db
def test_a_label_of_a_known_row_that_says_otherwise_corrects_what_stood(take: Any) -> None:
    take(raw(1, is_suspicious="0"))
    done = take(raw(1, is_suspicious="1"))
    assert done.labels[0].batch.corrected == 1
    assert (Label.objects.get().is_suspicious, PastLabel.objects.get().is_suspicious) == (True, False)


@pytest.mark.django_db
@pytest.mark.parametrize("again", [{"is_suspicious": "1", "label_known_at": KNOWN_AT}, {"is_suspicious": "yes"}, {}])
def test_a_label_that_is_known_makes_no_batch(take: Any, again: dict[str, str]) -> None:
    take(raw(1, is_suspicious="1", label_known_at=KNOWN_AT))
    assert take(raw(1, **again)).labels == []
    assert not LabelBatch.objects.exists()


@pytest.mark.django_db
def test_an_old_file_undoes_no_correction_and_leaves_no_trace(take: Any, service: User, bank: Source) -> None:
    take(raw(1, is_suspicious="0"))
    correction = raw(1, is_suspicious="1").fields
    rows = [type(raw(1))({name: correction[name] for name in ("external_id", "is_suspicious")})]
    labels_add(actor=service, source=bank, rows=rows)
    assert take(raw(1, is_suspicious="0")).labels == []
    assert Label.objects.get().is_suspicious is True


@pytest.mark.django_db
def test_what_is_said_beside_the_label_of_a_row_in_conflict_is_not_taken(take: Any) -> None:
    take(raw(1))
    assert take(raw(1, amount="99", is_suspicious="1")).labels == []
    assert not Label.objects.exists()


class LockTimeout(OperationalError):
    """As PostgreSQL says that a lock was not to be had in time."""

    sqlstate = "55P03"


FAILURES = [
    LockTimeout("canceling statement due to lock timeout"), InterfaceError("the connection is closed"),
    Unavailable("The database does not answer."), NotAllowed("Your roles have changed."), RuntimeError("a bug"),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_labels_that_fail_after_the_commit_are_no_refusal_of_the_rows(
    failure: Exception, admin: User, bank: Source, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """What is in is said to be in; the labels count as refused, are logged, and are taken when the rows come again."""
    ingest(actor=admin, source=bank, rows=[raw(1)], method=IngestMethod.FILE)
    labelled = [raw(1, is_suspicious="1"), raw(2)]

    def fails(**_: Any) -> None:
        raise failure

    with monkeypatch.context() as patch, caplog.at_level("ERROR"):
        patch.setattr(known_labels, "labels_add", fails)
        done = ingest(actor=admin, source=bank, rows=labelled, method=IngestMethod.FILE)
    assert (done.batch.accepted, done.batch.duplicate, LabelBatch.objects.count()) == (1, 1, 0)
    assert caplog.records
    if not isinstance(failure, RuntimeError):
        assert f"batch {done.batch.pk} is in" in caplog.text
        (labels,) = done.labels
        assert (labels.batch._state.adding, labels.batch.refused, labels.batch.accepted) == (True, 1, 0)
        assert [(row.external_id, row.status, row.reason) for row in labels.rows] == [("T-1", "refused", "not-added")]
    again = ingest(actor=admin, source=bank, rows=labelled, method=IngestMethod.FILE)
    assert (again.batch.duplicate, again.labels[0].batch.accepted, Label.objects.count()) == (2, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_answer_by_api_is_that_of_the_rows_when_their_labels_fail(
    admin: User, bank: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(actor=admin, source=bank, rows=[raw(1)], method=IngestMethod.FILE)

    def fails(**_: Any) -> None:
        raise LockTimeout("canceling statement due to lock timeout")

    monkeypatch.setattr(known_labels, "labels_add", fails)
    answers = [
        signed_in(admin).post(
            f"/api/v1/transactions?source={bank.slug}", [fields(1, is_suspicious="1"), fields(2)],
            content_type="application/json", headers={"Idempotency-Key": "k"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].content
    assert answers[0].content == answers[1].content


@pytest.mark.django_db(transaction=True)
def test_an_import_says_how_many_labels_of_known_rows_it_took(tmp_path: Path, bank: Source) -> None:
    header = "external_id,account,occurred_at,amount,currency,is_suspicious\n"
    rows = [f"T-{number},A-1,2026-03-02T12:00:00Z,5.00,USD," for number in range(25)]
    reports = []
    for label in ("", "1", "1", "0"):
        path = tmp_path / "rows.csv"
        path.write_text(header + "".join(f"{row}{label}\n" for row in rows))
        out = StringIO()
        arguments = ("--source", bank.slug, "--batch-size", "10", "--json", "--no-progress")
        call_command("import_transactions", str(path), *arguments, stdout=out, stderr=StringIO())
        report = json.loads(out.getvalue())
        reports.append((report["accepted"], report["duplicate"], report["labels"], report["labels_refused"]))
    assert reports == [(25, 0, 0, 0), (0, 25, 25, 0), (0, 25, 0, 0), (0, 25, 25, 0)]
    assert Transaction.objects.count() == Label.objects.filter(is_suspicious=False).count() == 25
