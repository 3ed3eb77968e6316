"""Labels that come after their transactions: taken once, corrected in the open, refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from finobs.core import clock
from finobs.core.errors import Invalid, NotAllowed, NotFound, TooLarge
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from tests import factories
from transactions.choices import IngestMethod
from transactions.models import Label, LabelBatch, PastLabel, Transaction
from transactions.row_validation import RawRow
from transactions.services import ingest, labels_add
from transactions.services.labels import label_digest

from .conftest import raw

pytestmark = pytest.mark.django_db
KNOWN = "2026-03-20T00:00:00Z"


@pytest.fixture
def rows(service, bank):
    ingest(actor=service, source=bank, rows=[raw(n) for n in range(1, 6)], method=IngestMethod.REST)
    return list(Transaction.objects.order_by("pk"))


def said(number=1, **changes):
    given = {"external_id": f"T-{number}", "is_suspicious": "true", "typology": "", "label_known_at": KNOWN}
    return RawRow({name: value for name, value in (given | changes).items() if value is not ...})


def add(actor, source, *labels):
    return labels_add(actor=actor, source=source, rows=list(labels))


def outcomes(done):
    return [str(row.status) for row in done.rows]


def test_a_label_is_taken_with_who_when_and_the_watermark(service, bank, rows):
    done = add(service, bank, said(2, typology="structuring"))
    label = Label.objects.get()
    assert outcomes(done) == ["accepted"]
    assert (done.rows[0].transaction_id, label.transaction_id) == (rows[1].pk, rows[1].pk)
    assert (label.is_suspicious, label.typology) == (True, "structuring")
    assert label.known_at == datetime(2026, 3, 20, tzinfo=UTC)
    assert label.watermark >= rows[-1].pk
    assert (label.label_batch, done.batch.actor) == (done.batch, service)


def test_whoever_comes_in_next_has_a_greater_id_than_the_watermark(service, bank, rows):
    add(service, bank, said())
    ingest(actor=service, source=bank, rows=[raw(9)], method=IngestMethod.REST)
    assert Transaction.objects.latest("pk").pk > Label.objects.get().watermark


def test_the_same_again_changes_nothing(service, bank, rows):
    add(service, bank, said(1), said(2))
    before = list(Label.objects.order_by("pk").values())
    assert outcomes(add(service, bank, said(1), said(2))) == ["duplicate", "duplicate"]
    assert list(Label.objects.order_by("pk").values()) == before
    assert not PastLabel.objects.exists()


def test_who_leaves_out_since_when_repeats_whatever_moment_stands(service, bank, rows):
    add(service, bank, said())
    assert outcomes(add(service, bank, said(label_known_at=...))) == ["duplicate"]
    assert Label.objects.get().known_at == datetime(2026, 3, 20, tzinfo=UTC)


def test_a_label_without_a_moment_is_known_from_now_on(service, bank, rows, monkeypatch):
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    add(service, bank, said(label_known_at=...))
    assert Label.objects.get().known_at == moment


def test_a_changed_label_is_a_correction_and_what_stood_is_kept(service, bank, rows):
    first = add(service, bank, said()).batch
    taken = Label.objects.get().watermark
    ingest(actor=service, source=bank, rows=[raw(9)], method=IngestMethod.REST)
    other = factories.user("Second", role="admin")
    done = add(other, bank, said(is_suspicious="false"))
    assert outcomes(done) == ["corrected"]
    label, past = Label.objects.get(), PastLabel.objects.get()
    assert (label.is_suspicious, label.label_batch) == (False, done.batch)
    assert (past.is_suspicious, past.watermark, past.label_batch) == (True, taken, first)
    assert past.replaced_by is not None
    assert (past.replaced_by.actor, past.replaced_after) == (other, label.watermark)
    assert past.replaced_after > past.watermark


def test_a_label_that_came_with_its_transaction_is_corrected_too(service, bank):
    ingest(actor=service, source=bank, rows=[raw(1, is_suspicious="0")], method=IngestMethod.REST)
    own = Label.objects.get()
    assert own.watermark == own.transaction_id
    assert outcomes(add(service, bank, said())) == ["corrected"]
    assert PastLabel.objects.get().label_batch is None


def test_an_old_file_does_not_undo_a_correction(service, bank, rows):
    """But the same may be said anew, with a moment of its own."""
    add(service, bank, said())
    add(service, bank, said(is_suspicious="no"))
    done = add(service, bank, said())
    assert (outcomes(done), done.rows[0].reason) == (["refused"], "conflict")
    assert Label.objects.get().is_suspicious is False
    assert outcomes(add(service, bank, said(label_known_at="2026-03-25T00:00:00Z"))) == ["corrected"]


REFUSED = {
    "an unknown transaction": ({"external_id": "T-404"}, "unknown-transaction"),
    "no id": ({"external_id": " "}, "missing"),
    "no label": ({"is_suspicious": ""}, "missing"),
    "neither true nor false": ({"is_suspicious": "perhaps"}, "label"),
    "no date": ({"label_known_at": "yesterday"}, "date"),
    "what nobody knows yet": ({"label_known_at": "2999-01-01T00:00:00Z"}, "date"),
    "another field": ({"amount": "1.00"}, "unknown-field"),
    "control characters": ({"external_id": "T\x00"}, "characters"),
    "a long typology": ({"typology": "x" * 41}, "too-long"),
}


@pytest.mark.parametrize(("changes", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_row_costs_itself_only_and_is_kept_with_the_reason(service, bank, rows, changes, reason):
    done = add(service, bank, said(2), said(**changes), said(3))
    assert outcomes(done) == ["accepted", "refused", "accepted"]
    assert (done.rows[1].reason, bool(done.rows[1].detail)) == (reason, True)
    (kept,) = LabelBatch.objects.get().refusals
    assert (kept["row"], kept["reason"]) == (2, reason)
    assert kept["fields"]["external_id"] is not None
    assert (done.batch.received, done.batch.accepted, done.batch.refused) == (3, 2, 1)


def test_two_rows_of_one_call_that_contradict_one_another(service, bank, rows):
    done = add(service, bank, said(), said(), said(is_suspicious="0"))
    assert outcomes(done) == ["accepted", "duplicate", "refused"]
    assert done.rows[2].reason == "conflict"
    assert Label.objects.get().is_suspicious is True


def test_two_corrections_of_one_call_that_contradict_one_another(service, bank, rows):
    add(service, bank, said(1))
    done = add(service, bank, said(1, typology="structuring"), said(1, typology="velocity"))
    assert outcomes(done) == ["corrected", "refused"]
    assert Label.objects.get().typology == "structuring"


def test_a_refused_row_is_named_by_its_id_as_far_as_that_can_be_read(service, bank, rows):
    done = add(service, bank, said(77, is_suspicious="x"), said(external_id=7, is_suspicious="x"))
    assert [row.external_id for row in done.rows] == ["T-77", ""]


def test_the_event_commits_to_what_was_taken(service, bank, rows):
    done = add(service, bank, said(2), said(404), said(1))
    event = Event.objects.get(action="batch.label")
    data = json.loads(bytes(event.body))["data"]
    labels = [Label.objects.get(transaction=row) for row in (rows[1], rows[0])]
    leaves = [leaf_hash(label_digest("bank", label.transaction.external_id, label)) for label in labels]
    assert data["root"] == merkle.root(leaves).hex() == bytes(done.batch.root).hex()
    assert (data["accepted"], data["refused"], data["source"]) == (2, 1, "bank")
    assert event.subject_id == str(done.batch.pk)


def test_another_sources_transaction_is_unknown(service, bank, rows):
    done = add(service, factories.source("other"), said())
    assert done.rows[0].reason == "unknown-transaction"


def test_who_may_not_bring_labels_in_brings_none(analyst, auditor, stranger, bank, rows):
    for person in (analyst, auditor):
        with pytest.raises(NotAllowed):
            add(person, bank, said())
    with pytest.raises(NotFound):
        add(stranger, bank, said())
    assert not Label.objects.exists()


def test_none_or_too_many_are_refused(service, bank):
    with pytest.raises(Invalid):
        add(service, bank)
    with pytest.raises(TooLarge):
        add(service, bank, *[said()] * 10_001)


def test_many_cost_few_statements(service, bank, django_assert_max_num_queries):
    ingest(actor=service, source=bank, rows=[raw(n) for n in range(600)], method=IngestMethod.REST)
    with django_assert_max_num_queries(16):
        add(service, bank, *(said(n) for n in range(600)))
    with django_assert_max_num_queries(24):
        add(service, bank, *(said(n, is_suspicious="0") for n in range(600)))
    assert PastLabel.objects.count() == 600


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL: SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_nothing_comes_in_while_labels_are_being_added(bank, monkeypatch):
    """Else a row with a greater id could be decided without a label that it is told of when described again."""
    from concurrent.futures import ThreadPoolExecutor, TimeoutError

    from django.db import transaction

    from finobs.accounts.roles import synchronise
    from transactions import hooks

    synchronise()
    feed = factories.user("feed", role="admin")

    def assess(*, batch, transactions, **_):
        return [hooks.AssessmentResult(row.pk, "approve") for row in transactions]

    monkeypatch.setattr(hooks, "_assessor", assess)
    ingest(actor=feed, source=bank, rows=[raw(1)], method=IngestMethod.REST)

    def bring(number):
        try:
            return ingest(actor=feed, source=bank, rows=[raw(number)], method=IngestMethod.REST).rows[0].transaction_id
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            add(feed, bank, said())
            waiting = pool.submit(bring, 2)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        assert waiting.result(timeout=20) > Label.objects.get().watermark


def test_a_day_of_tolerance_is_for_clocks(service, bank, rows):
    soon = (clock.now() + timedelta(hours=2)).isoformat()
    assert outcomes(add(service, bank, said(label_known_at=soon))) == ["accepted"]
