"""Ingest: each row accepted once, known already, or set aside; nothing lost, nothing unassessed."""

from __future__ import annotations

import random
import zlib

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from finobs.core.errors import Invalid, NotAllowed, NotFound, TooLarge
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from tests import factories
from transactions import bulk_load, hooks
from transactions.choices import IngestMethod, QuarantineReason, QuarantineState, RowStatus
from transactions.models import Account, Batch, Label, QuarantinedRow, Transaction
from transactions.row_validation import RawRow, RowFault
from transactions.services import IngestResult, ingest

from .conftest import raw

pytestmark = pytest.mark.django_db
ACCEPTED, DUPLICATE, QUARANTINED = RowStatus.ACCEPTED, RowStatus.DUPLICATE, RowStatus.QUARANTINED


def take(actor, bank, *rows: RawRow, **more) -> IngestResult:
    return ingest(actor=actor, source=bank, rows=rows, method=IngestMethod.REST, **more)


def outcomes(done: IngestResult) -> list[str]:
    return [row.status for row in done.rows]


def test_a_row_comes_in_is_assessed_and_says_so(service, bank, assessor):
    done = take(service, bank, raw(1))
    row = Transaction.objects.get()
    assert (row.amount_minor, row.account.external_id, str(row.counterparty)) == (1250, "A-1", "M-1")
    assert (done.rows[0].status, done.rows[0].outcome, done.rows[0].score) == (ACCEPTED, "approve", 0.25)
    assert done.rows[0].transaction_id == row.pk
    assert assessor.seen == ["T-1"]


def test_nothing_comes_in_without_an_assessor(service, bank, monkeypatch):
    monkeypatch.setattr(hooks, "_assessor", None)
    with pytest.raises(ImproperlyConfigured):
        take(service, bank, raw(1))
    assert not Transaction.objects.exists()
    assert not Event.objects.filter(action="batch.ingest").exists()


def test_nothing_comes_in_that_the_assessor_left_out(service, bank, monkeypatch):
    monkeypatch.setattr(hooks, "_assessor", lambda **_: [])
    with pytest.raises(ImproperlyConfigured):
        take(service, bank, raw(1))
    assert not Transaction.objects.exists()


def test_the_same_row_again_is_known_and_not_assessed_again(service, bank, assessor):
    first, second = take(service, bank, raw(1)), take(service, bank, raw(1))
    assert outcomes(second) == [DUPLICATE]
    assert second.rows[0].transaction_id == first.rows[0].transaction_id
    assert assessor.seen == ["T-1"]
    assert second.batch.accepted == 0


def test_other_content_under_a_known_id_goes_to_quarantine_and_overwrites_nothing(service, bank):
    take(service, bank, raw(1))
    done = take(service, bank, raw(1, amount="99.00"))
    assert done.rows[0].reason == QuarantineReason.CONFLICT
    assert "T-1" in done.rows[0].detail
    assert Transaction.objects.get().amount_minor == 1250
    assert QuarantinedRow.objects.get().fields["amount"] == "99.00"


def test_repeats_and_contradictions_within_one_batch(service, bank):
    done = take(service, bank, raw(1), raw(1), raw(1, amount="1"), raw(2))
    assert outcomes(done) == [ACCEPTED, DUPLICATE, QUARANTINED, ACCEPTED]
    assert done.rows[1].transaction_id == done.rows[0].transaction_id


def test_a_known_row_behind_its_contradiction_is_still_known(service, bank):
    take(service, bank, raw(1))
    assert outcomes(take(service, bank, raw(1, amount="1"), raw(1))) == [QUARANTINED, DUPLICATE]


def test_the_same_id_of_another_source_is_another_row(service, bank):
    take(service, bank, raw(1))
    assert outcomes(take(service, factories.source("shop"), raw(1))) == [ACCEPTED]


def test_a_bad_row_never_stops_its_neighbours_and_is_kept_whole(service, bank):
    long = "m" * 10_000_000
    done = take(service, bank, raw(1), raw(2, memo=long), raw(3), raw(4, amount="NaN"), first_row=10)
    assert outcomes(done) == [ACCEPTED, QUARANTINED, ACCEPTED, QUARANTINED]
    row = QuarantinedRow.objects.get(reason=QuarantineReason.TOO_LONG)
    assert row.row_number == 11
    assert long.encode() in zlib.decompress(bytes(row.raw))
    assert row.raw_size > 10_000_000
    assert len(row.fields["memo"]) < 1100
    assert row.history.count() == 1


def test_what_no_text_column_can_hold_is_kept_as_well(service, bank):
    done = take(service, bank, raw(1, memo="a\x00b\ud800"), RawRow({"memo\x00": "x"}), RawRow({"amount": 10**400}))
    assert outcomes(done) == [QUARANTINED] * 3


def test_a_fault_found_by_the_door_is_kept_with_its_bytes(service, bank):
    take(
        service,
        bank,
        RawRow(raw=b"\xff\xfe,1", fault=RowFault(QuarantineReason.ENCODING, "Line 2 is not valid UTF-8.")),
    )
    row = QuarantinedRow.objects.get()
    assert zlib.decompress(bytes(row.raw)) == b"\xff\xfe,1"
    assert row.detail == "Line 2 is not valid UTF-8."


def test_the_same_faulty_row_again_is_not_set_aside_twice(service, bank):
    take(service, bank, raw(1, amount="NaN"))
    done = take(service, bank, raw(1, amount="NaN"), raw(1, amount="NaN"))
    assert outcomes(done) == [RowStatus.ALREADY_QUARANTINED, RowStatus.ALREADY_QUARANTINED]
    assert (done.batch.duplicate, done.batch.already_quarantined) == (0, 2)
    assert done.rows[0].quarantined_row_id == QuarantinedRow.objects.get().pk


def test_one_event_commits_to_the_digest_of_every_accepted_row(service, bank):
    done = take(service, bank, raw(2), raw(1, amount="NaN"), raw(1), file_name="march.csv", first_row=5)
    rows = Transaction.objects.order_by("position")
    assert [row.external_id for row in rows] == ["T-2", "T-1"]
    root = merkle.root([leaf_hash(bytes(row.digest)) for row in rows])
    event = Event.objects.get(action="batch.ingest")
    assert root.hex().encode() in bytes(event.body)
    assert bytes(Batch.objects.get().root or b"") == root
    for said in (b'"accepted":2', b'"quarantined":1', b'"file":"march.csv"', b'"first_row":5', b'"source":"bank"'):
        assert said in bytes(event.body)
    assert event.subject_id == str(done.batch.pk)


def test_accounts_are_made_once_however_many_rows_name_them(service, bank):
    take(service, bank, *(raw(n) for n in range(50)))
    take(service, bank, *(raw(n) for n in range(40, 60)))
    assert Account.objects.count() == 1
    assert Transaction.objects.count() == 60


def test_labels_come_with_their_rows(service, bank):
    take(
        service, bank, raw(1, is_suspicious="1", typology="structuring", label_known_at="2026-03-09T00:00:00Z"), raw(2)
    )
    label = Label.objects.get()
    assert (label.transaction.external_id, label.is_suspicious, label.typology) == ("T-1", True, "structuring")


def test_a_large_batch_is_as_good_as_a_small_one(service, bank):
    rows = [raw(n, account=f"A-{n % 7}", is_suspicious="0") for n in range(1500)]
    assert take(service, bank, *rows).batch.accepted == 1500
    row = Transaction.objects.select_related("account").get(external_id="T-1234")
    assert (row.position, row.account.external_id, row.memo) == (1234, "A-2", "Grüße")
    assert Label.objects.count() == 1500


def test_values_stand_in_the_order_of_the_columns():
    assert bulk_load.TRANSACTION_FIELDS == (
        "id", "source_id", "external_id", "batch_id", "position", "account_id", "counterparty_id", "occurred_at",
        "received_at", "amount_minor", "currency", "direction", "channel", "country", "memo", "digest",
        "unit_id", "method", "counterparty_country", "balance_after_minor", "attributes",
    )  # fmt: skip


def test_too_many_rows_or_none_are_refused(service, bank):
    with pytest.raises(Invalid):
        take(service, bank)
    with pytest.raises(TooLarge):
        take(service, bank, *[raw(1)] * 10_001)


def test_a_source_that_is_not_active_takes_nothing(service):
    with pytest.raises(Invalid, match="not active"):
        take(service, factories.source("old", is_active=False), raw(1))


def test_who_may_not_bring_rows_in_brings_none(analyst, auditor, stranger, bank):
    for person in (analyst, auditor):
        with pytest.raises(NotAllowed):
            take(person, bank, raw(1))
    with pytest.raises(NotFound):
        take(stranger, bank, raw(1))
    assert not Batch.objects.exists()


ROWS = st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["5.00", "6.00", "NaN", "-1"])), min_size=1, max_size=25)


@settings(max_examples=25)
@given(rows=ROWS, seed=st.integers(0, 99), cut=st.integers(1, 9))
def test_any_order_and_any_splitting_lose_nothing_and_take_nothing_twice(service, bank, rows, seed, cut):
    """The ids that get in are the same; which content wins under one id is a matter of who came first."""
    good = {number for number, amount in rows if amount in ("5.00", "6.00")}
    shuffled = random.Random(seed).sample(rows, len(rows))
    source = factories.source()
    for start in range(0, len(shuffled), cut):
        part = shuffled[start : start + cut]
        batch = take(service, source, *(raw(number, amount=amount) for number, amount in part)).batch
        held = batch.quarantined + batch.already_quarantined
        assert batch.accepted + batch.duplicate + held == batch.received == len(part)
    assert set(Transaction.objects.filter(source=source).values_list("external_id", flat=True)) == {
        f"T-{number}" for number in good
    }
    set_aside = {
        (row.fields["external_id"], row.fields["amount"]) for row in QuarantinedRow.objects.filter(source=source)
    }
    taken = {(row.external_id, str(row.amount)) for row in Transaction.objects.filter(source=source)}
    assert set_aside | taken == {(f"T-{number}", amount) for number, amount in rows}
    again = take(service, source, *(raw(number, amount=amount) for number, amount in rows)).batch
    assert (again.accepted, again.quarantined) == (0, 0)
    # What waits is what never came in under its id, or another content of an id that is in.
    settled = QuarantinedRow.objects.filter(source=source, state=QuarantineState.SUPERSEDED)
    assert {row.external_id for row in settled} <= {f"T-{number}" for number in good}
    waiting = QuarantinedRow.objects.filter(source=source, state=QuarantineState.OPEN).exclude(reason="conflict")
    assert all(
        row.batch.received_at >= Transaction.objects.get(source=source, external_id=row.external_id).received_at
        for row in waiting
        if row.external_id in {f"T-{number}" for number in good}
    )
