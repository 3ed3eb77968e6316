"""What a batch says of each row and of itself, with another source and another batch always there first."""

from __future__ import annotations

from typing import Any

import pytest

from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from tests import factories
from tests.support.ledger_events import event_bodies, last_event
from tests.support.locks import locked_models
from transactions import hooks
from transactions.choices import IngestMethod, QuarantineReason, QuarantineState, RowStatus
from transactions.models import Account, Batch, Counterparty, Label, QuarantinedRow, Source, Transaction
from transactions.row_validation import RawRow
from transactions.services import IngestResult, ingest, quarantine_correct, quarantine_discard, quarantine_release
from transactions.services import quarantine as quarantine_services
from transactions.services.row_batch import MAX_BATCH_SIZE, check_size

from .conftest import fields, raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(service: User) -> Source:
    """Another source that has sent rows of the same ids before: one accepted, one in quarantine."""
    source = factories.source("shop")
    take(service, source, raw(1, account="S-1", counterparty="S-2"), raw(3, amount="NaN"))
    return source


def take(actor: User, source: Source, *rows: RawRow, **more: Any) -> IngestResult:
    return ingest(actor=actor, source=source, rows=rows, method=more.pop("method", IngestMethod.REST), **more)


def test_each_row_is_answered_in_its_place(shop: Source, bank: Source, service: User) -> None:
    first = take(service, bank, raw(1))
    answers = take(
        service, bank, raw(4, amount="NaN"), raw(1), raw(1, amount="9"), raw(2), raw(2), raw(2, memo="other"),
        first_row=10,
    )  # fmt: skip
    two = Transaction.objects.get(source=bank, external_id="T-2")
    one = first.rows[0].transaction_id
    assert [(row.row_number, row.external_id, row.status, row.transaction_id) for row in answers.rows] == [
        (10, "", RowStatus.QUARANTINED, None),
        (11, "T-1", RowStatus.DUPLICATE, one),
        (12, "T-1", RowStatus.QUARANTINED, None),
        (13, "T-2", RowStatus.ACCEPTED, two.pk),
        (14, "T-2", RowStatus.DUPLICATE, two.pk),
        (15, "T-2", RowStatus.QUARANTINED, None),
    ]
    assert [row.reason for row in answers.rows] == ["amount", "", "conflict", "", "", "conflict"]
    assert answers.rows[2].detail == f"external_id “T-1” came with other content as transaction {one}; that one stays."
    assert (
        answers.rows[5].detail == "external_id “T-2” came with other content earlier in the same batch; that one stays."
    )
    quarantined = QuarantinedRow.objects.filter(source=bank).order_by("row_number")
    assert [(row.row_number, row.reason, row.batch) for row in quarantined] == [
        (10, "amount", answers.batch), (12, "conflict", answers.batch), (15, "conflict", answers.batch),
    ]  # fmt: skip
    assert [row.quarantined_row_id for row in answers.rows if row.quarantined_row_id] == [row.pk for row in quarantined]


def test_an_accepted_row_has_its_account_and_its_answer(shop: Source, bank: Source, service: User) -> None:
    (answer,) = take(service, bank, raw(1)).rows
    row = Transaction.objects.get(source=bank)
    assert (answer.account_id, answer.transaction_id) == (row.account_id, row.pk)
    assert (answer.outcome, answer.score, answer.alert_id, answer.reason, answer.detail) == (
        "approve", 0.25, None, "", "",
    )  # fmt: skip


def test_the_answer_of_the_assessment_reaches_its_own_row(
    shop: Source, bank: Source, service: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assess(*, batch: Batch, transactions: Any, **_: Any) -> list[hooks.AssessmentResult]:
        return [
            hooks.AssessmentResult(row.pk, "review" if row.external_id == "T-2" else "approve", row.amount_minor / 1e4,
                                   7 if row.external_id == "T-2" else None, row.external_id)
            for row in reversed(transactions)
        ]  # fmt: skip

    monkeypatch.setattr(hooks, "_assessor", assess)
    rows = take(service, bank, raw(1), raw(2, amount="99"), raw(3, amount="x"), raw(1)).rows
    assert [(row.outcome, row.score, row.alert_id, row.evidence) for row in rows] == [
        ("approve", 0.125, None, "T-1"), ("review", 0.99, 7, "T-2"), ("", None, None, None), ("", None, None, None),
    ]  # fmt: skip


def test_a_batch_counts_its_own_rows_and_says_so(shop: Source, bank: Source, service: User) -> None:
    with clock.at(factories.NOON):
        batch = take(
            service, bank, raw(1), raw(1), raw(2), raw(3, amount="x"), method=IngestMethod.FILE, file_name="f" * 300,
            first_row=2,
        ).batch  # fmt: skip
    batch.refresh_from_db()
    assert (batch.received, batch.accepted, batch.duplicate, batch.quarantined) == (4, 2, 1, 1)
    assert (batch.received_at, batch.first_row, batch.file_name, batch.method) == (factories.NOON, 2, "f" * 255, "file")
    rows = Transaction.objects.filter(batch=batch).order_by("position")
    assert [(row.position, row.external_id, row.received_at) for row in rows] == [
        (0, "T-1", factories.NOON), (1, "T-2", factories.NOON),
    ]  # fmt: skip
    root = merkle.root([leaf_hash(bytes(row.digest)) for row in rows])
    event = last_event("batch.ingest")
    assert event["data"] == {
        "received": 4, "accepted": 2, "duplicate": 1, "quarantined": 1, "already_quarantined": 0,
        "source": "bank", "method": "file", "file": "f" * 255, "first_row": 2, "root": root.hex(),
    }  # fmt: skip
    assert event["subject"] == {"type": "transactions.batch", "id": str(batch.pk)}
    assert (event["actor"]["id"], bytes(batch.root or b"")) == (str(service.pk), root)


def test_the_same_names_at_another_source_are_other_parties(shop: Source, bank: Source, service: User) -> None:
    take(service, bank, raw(1, account="S-1", counterparty="S-2"))
    row = Transaction.objects.get(source=bank)
    assert (row.account.source, row.counterparty.source if row.counterparty else None) == (bank, bank)
    assert (
        Account.objects.filter(external_id="S-1").count() == Counterparty.objects.filter(external_id="S-2").count() == 2
    )


def test_a_row_without_a_counterparty_has_none(shop: Source, bank: Source, service: User) -> None:
    take(service, bank, raw(1, counterparty=...), raw(2))
    assert list(Transaction.objects.filter(source=bank).order_by("position").values_list(
        "counterparty__external_id", flat=True
    )) == [None, "M-1"]  # fmt: skip
    assert not Counterparty.objects.filter(external_id="").exists()


def test_labels_belong_to_their_own_rows(shop: Source, bank: Source, service: User) -> None:
    take(
        service, bank, raw(1), raw(2, is_suspicious="1", typology="structuring"), raw(2, is_suspicious="1"),
        raw(3, is_suspicious="0"), raw(4, is_suspicious="1", amount="x"),
    )  # fmt: skip
    labels = Label.objects.order_by("transaction__external_id").values_list(
        "transaction__external_id", "is_suspicious", "typology"
    )
    assert list(labels) == [("T-2", True, "structuring"), ("T-3", False, "")]
    assert all(label.watermark == label.transaction_id for label in Label.objects.all())


def test_the_transactions_that_are_assessed_know_their_own_rows(
    shop: Source, bank: Source, service: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    seen: list[tuple[Any, ...]] = []

    def assess(*, batch: Batch, transactions: Any, **_: Any) -> list[hooks.AssessmentResult]:
        with django_assert_num_queries(0):
            seen.extend(
                (row.source, row.batch, row.account.external_id, row.counterparty and row.counterparty.external_id,
                 row._state.adding, row.pk)
                for row in transactions
            )  # fmt: skip
        return [hooks.AssessmentResult(row.pk, "approve", None) for row in transactions]

    monkeypatch.setattr(hooks, "_assessor", assess)
    batch = take(service, bank, raw(1), raw(2, account="A-2", counterparty=...)).batch
    pks = list(Transaction.objects.filter(source=bank).order_by("position").values_list("pk", flat=True))
    assert seen == [(bank, batch, "A-1", "M-1", False, pks[0]), (bank, batch, "A-2", None, False, pks[1])]


def test_a_batch_of_known_rows_assesses_nothing(shop: Source, bank: Source, service: User, assessor: Any) -> None:
    take(service, bank, raw(1))
    before = list(assessor.seen)
    batch = take(service, bank, raw(1), raw(2, amount="x")).batch
    assert (assessor.seen, batch.accepted, bytes(batch.root or b"")) == (before, 0, merkle.root([]))


@pytest.mark.parametrize(
    ("number", "error"), [(0, Invalid), (1, None), (MAX_BATCH_SIZE, None), (MAX_BATCH_SIZE + 1, TooLarge)]
)
def test_a_batch_has_one_to_ten_thousand_rows(number: int, error: Any) -> None:
    rows = [RawRow()] * number
    assert MAX_BATCH_SIZE == 10_000
    if error is None:
        check_size(rows)
        return
    with pytest.raises(error) as refusal:
        check_size(rows)
    assert refusal.value.detail == (
        "There are no rows." if not number else "10,001 rows are more than one batch takes (10,000)."
    )


def test_a_batch_is_refused_before_anything_of_it_is_kept(
    bank: Source, service: User, analyst: User, stranger: User
) -> None:
    Source.objects.filter(pk=bank.pk).update(is_active=False)
    bank.refresh_from_db()
    with pytest.raises(Invalid) as error:
        take(service, bank, raw(1))
    assert error.value.detail == "The source Bank is not active."
    for person, refusal in ((analyst, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            take(person, bank, raw(1))
    for rows in ([], [raw(1)] * (MAX_BATCH_SIZE + 1)):
        with pytest.raises((Invalid, TooLarge)):
            take(service, factories.source(), *rows)
    assert (Batch.objects.count(), Event.objects.filter(action="batch.ingest").count()) == (0, 0)


@pytest.fixture
def open_row(shop: Source, bank: Source, service: User) -> QuarantinedRow:
    take(service, bank, raw(5, amount="NaN"), first_row=41)
    return QuarantinedRow.objects.get(source=bank)


def untouched(shop: Source) -> bool:
    row = QuarantinedRow.objects.get(source=shop)
    return (row.state, row.version, row.history.count()) == (QuarantineState.OPEN, 1, 1)


def test_a_correction_says_what_changed(open_row: QuarantinedRow, shop: Source, admin: User) -> None:
    corrected = quarantine_correct(
        actor=admin, row=open_row, fields={**fields(5), "memo": "", "country": "QQ"}, version=1
    )
    assert (corrected.version, corrected.reason) == (2, QuarantineReason.COUNTRY)
    assert "memo" not in corrected.fields
    event = last_event("quarantine.correct")
    assert event["data"] == {"changed": ["amount", "country", "memo"], "version": 2}
    assert event["subject"] == {"type": "transactions.quarantinedrow", "id": str(open_row.pk)}
    assert untouched(shop)


def test_a_release_says_why_and_what_became_of_the_row(
    open_row: QuarantinedRow, shop: Source, bank: Source, admin: User
) -> None:
    quarantine_correct(actor=admin, row=open_row, fields=fields(5), version=1)
    with clock.at(factories.NOON):
        released = quarantine_release(actor=admin, row=open_row, reason=" The bank confirmed it. ")
    transaction = Transaction.objects.get(source=bank)
    assert last_event("quarantine.release")["data"] == {
        "reason": "The bank confirmed it.", "transaction": str(transaction.pk), "status": "accepted",
    }  # fmt: skip
    assert (released.state, released.transaction, released.resolved_by, released.resolved_at, released.version) == (
        QuarantineState.RELEASED, transaction, admin, factories.NOON, 3,
    )  # fmt: skip
    assert (transaction.batch.method, transaction.batch.first_row) == (IngestMethod.RELEASE, 41)
    assert untouched(shop)


def test_a_refused_release_says_what_is_still_wrong(open_row: QuarantinedRow, shop: Source, admin: User) -> None:
    row = quarantine_release(actor=admin, row=open_row, reason="Try it.")
    assert last_event("quarantine.refuse")["data"] == {"reason": "amount"}
    assert (row.state, row.version, row.detail) == (
        QuarantineState.OPEN, 2, "amount is “NaN”, which is no decimal number.",
    )  # fmt: skip
    assert not event_bodies("quarantine.release")
    assert untouched(shop)


def test_a_row_under_a_known_id_says_which_transaction_stays(
    open_row: QuarantinedRow, bank: Source, service: User, admin: User
) -> None:
    pk = take(service, bank, raw(6)).rows[0].transaction_id
    row = quarantine_correct(actor=admin, row=open_row, fields=fields(6, amount="7"), version=1)
    assert (row.reason, row.detail) == (
        QuarantineReason.CONFLICT,
        f"external_id “T-6” is transaction {pk} with other content, and that one stays. "
        "Correct the id, or discard the row.",
    )


def test_a_release_that_another_import_overtakes_leaves_nothing(
    open_row: QuarantinedRow, bank: Source, service: User, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(service, bank, raw(6, amount="7"))
    quarantine_correct(actor=admin, row=open_row, fields=fields(6), version=1)
    monkeypatch.setattr(quarantine_services, "_check", lambda *_: True)
    before = Batch.objects.count()
    with pytest.raises(Conflict, match="came with other content"):
        quarantine_release(actor=admin, row=open_row, reason="Try it.")
    assert (Batch.objects.count(), QuarantinedRow.objects.get(pk=open_row.pk).state) == (before, QuarantineState.OPEN)


def test_a_discarded_row_says_why(open_row: QuarantinedRow, shop: Source, admin: User) -> None:
    row = quarantine_discard(actor=admin, row=open_row, reason="A test of theirs.")
    assert last_event("quarantine.discard")["data"] == {"reason": "A test of theirs."}
    assert (row.state, row.resolution, row.version, row.history.count()) == (
        QuarantineState.DISCARDED, "A test of theirs.", 2, 2,
    )  # fmt: skip
    assert untouched(shop)


@pytest.mark.parametrize("act", ["correct", "release", "discard"])
def test_a_row_in_quarantine_is_locked_before_it_is_read(open_row: QuarantinedRow, admin: User, act: str) -> None:
    acts = {
        "correct": lambda: quarantine_correct(actor=admin, row=open_row, fields=fields(5), version=1),
        "release": lambda: quarantine_release(actor=admin, row=open_row, reason="Try it."),
        "discard": lambda: quarantine_discard(actor=admin, row=open_row, reason="A test."),
    }
    with locked_models() as labels:
        acts[act]()
    assert labels[0] == "transactions.quarantinedrow"
