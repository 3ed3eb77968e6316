"""Correct, release, discard: with a reason, an event, a history, and never over somebody else's work."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
from typing import Any

import pytest
from django.apps import apps
from django.db.models import NOT_PROVIDED
from rest_framework.serializers import ModelSerializer

from finobs.core.classification import personal_fields
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from transactions.choices import IngestMethod, QuarantineReason, QuarantineState
from transactions.models import Batch, QuarantinedRow, Transaction
from transactions.row_validation import RawRow
from transactions.selectors import quarantine_visible
from transactions.services import ingest, quarantine_correct, quarantine_discard, quarantine_release

from .conftest import fields, raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(service, bank) -> QuarantinedRow:
    ingest(actor=service, source=bank, rows=[raw(1, amount="NaN")], method=IngestMethod.FILE)
    return QuarantinedRow.objects.get()


def actions() -> list[str]:
    return list(Event.objects.exclude(action="batch.ingest").order_by("id").values_list("action", flat=True))


def test_a_corrected_row_is_released_through_the_same_way_as_every_other(row, admin, assessor):
    row = quarantine_correct(actor=admin, row=row, fields=fields(1), version=1)
    assert (row.version, row.state) == (2, QuarantineState.OPEN)
    row = quarantine_release(actor=admin, row=row, reason="the bank confirmed it")
    assert row.state == QuarantineState.RELEASED
    assert row.transaction is not None
    assert row.transaction.amount_minor == 1250
    assert assessor.seen == ["T-1"]
    assert (row.resolved_by, row.resolution) == (admin, "the bank confirmed it")
    assert Batch.objects.latest("id").method == IngestMethod.RELEASE
    assert actions() == ["quarantine.correct", "quarantine.release"]
    assert [past.history_user.name for past in row.history.all()] == ["Ada Admin", "Ada Admin", "feed"]


def test_a_row_that_still_fails_stays_open_with_the_new_reason(row, admin):
    quarantine_correct(actor=admin, row=row, fields={**fields(1), "amount": "5", "currency": "BTC"}, version=1)
    row = quarantine_release(actor=admin, row=row, reason="try")
    assert (row.state, row.reason) == (QuarantineState.OPEN, QuarantineReason.CURRENCY)
    assert not Transaction.objects.exists()
    assert QuarantinedRow.objects.count() == 1
    assert actions() == ["quarantine.correct", "quarantine.refuse"]


def test_a_row_under_a_known_id_never_overwrites_and_is_released_under_its_own(service, bank, admin):
    ingest(actor=service, source=bank, rows=[raw(1), raw(1, amount="99")], method=IngestMethod.FILE)
    row = QuarantinedRow.objects.get()
    row = quarantine_release(actor=admin, row=row, reason="try")
    assert (row.state, row.reason) == (QuarantineState.OPEN, QuarantineReason.CONFLICT)
    row = quarantine_correct(actor=admin, row=row, fields={**row.fields, "external_id": "T-1b"}, version=row.version)
    assert quarantine_release(actor=admin, row=row, reason="new id").state == QuarantineState.RELEASED
    assert sorted(Transaction.objects.values_list("amount_minor", flat=True)) == [1250, 9900]


def test_a_corrected_row_that_is_in_already_is_tied_to_it(row, service, bank, admin, assessor):
    ingest(actor=service, source=bank, rows=[raw(2)], method=IngestMethod.FILE)
    row = quarantine_correct(actor=admin, row=row, fields=fields(2), version=1)
    row = quarantine_release(actor=admin, row=row, reason="sent again meanwhile")
    assert row.transaction == Transaction.objects.get()
    assert assessor.seen == ["T-2"]


def test_a_row_that_comes_in_later_settles_what_waited_for_it(row, service, bank, admin):
    other = ingest(
        actor=service, source=bank, rows=[raw(2, amount="NaN"), raw(1, amount="x")], method=IngestMethod.FILE
    )
    assert other.batch.quarantined == 2
    later = ingest(actor=service, source=bank, rows=[raw(1)], method=IngestMethod.FILE)
    row.refresh_from_db()
    assert (row.state, row.transaction, row.resolved_by) == (
        QuarantineState.SUPERSEDED, Transaction.objects.get(), service,
    )  # fmt: skip
    assert str(later.batch.pk) in row.resolution
    assert row.history.first().state == QuarantineState.SUPERSEDED
    assert Event.objects.filter(action="quarantine.supersede").count() == 1
    states = {each.external_id: each.state for each in QuarantinedRow.objects.all()}
    assert states == {"T-1": QuarantineState.SUPERSEDED, "T-2": QuarantineState.OPEN}
    again = ingest(actor=service, source=bank, rows=[raw(1, amount="NaN")], method=IngestMethod.FILE)
    assert (again.batch.duplicate, again.rows[0].transaction_id) == (1, row.transaction_id)
    with pytest.raises(InvalidTransition, match="came in later"):
        quarantine_discard(actor=admin, row=row, reason="too late for that")


def test_a_known_row_settles_nothing_that_came_after_it(service, bank):
    ingest(actor=service, source=bank, rows=[raw(1)], method=IngestMethod.FILE)
    ingest(actor=service, source=bank, rows=[raw(1, amount="NaN"), raw(1, amount="99")], method=IngestMethod.FILE)
    ingest(actor=service, source=bank, rows=[raw(1)], method=IngestMethod.FILE)
    assert QuarantinedRow.objects.filter(state=QuarantineState.OPEN).count() == 2


def test_a_release_settles_its_own_row_and_those_of_its_id(row, service, bank, admin):
    ingest(actor=service, source=bank, rows=[raw(1, amount="x")], method=IngestMethod.FILE)
    row = quarantine_correct(actor=admin, row=row, fields=fields(1), version=1)
    quarantine_release(actor=admin, row=row, reason="the bank confirmed it")
    states = QuarantinedRow.objects.order_by("id").values_list("state", "transaction_id")
    pk = Transaction.objects.get().pk
    assert list(states) == [(QuarantineState.RELEASED, pk), (QuarantineState.SUPERSEDED, pk)]


def test_a_discarded_row_that_comes_again_stays_discarded_and_is_counted_apart(row, service, bank, admin):
    quarantine_discard(actor=admin, row=row, reason="a test of theirs")
    again = ingest(actor=service, source=bank, rows=[raw(1, amount="NaN")], method=IngestMethod.FILE)
    assert (again.batch.already_quarantined, again.batch.duplicate, QuarantinedRow.objects.count()) == (1, 0, 1)
    assert again.rows[0].detail.startswith("It was discarded before. ")


def test_a_stale_correction_is_a_conflict(row, admin):
    quarantine_correct(actor=admin, row=row, fields=fields(1), version=1)
    with pytest.raises(Conflict):
        quarantine_correct(actor=admin, row=row, fields=fields(2), version=1)
    assert QuarantinedRow.objects.get().fields["external_id"] == "T-1"


def test_a_discarded_row_is_kept_and_closed(row, admin):
    row = quarantine_discard(actor=admin, row=row, reason="a test of theirs")
    assert row.state == QuarantineState.DISCARDED
    for act in (
        lambda: quarantine_correct(actor=admin, row=row, fields=fields(1), version=row.version),
        lambda: quarantine_release(actor=admin, row=row, reason="x"),
        lambda: quarantine_discard(actor=admin, row=row, reason="x"),
    ):
        with pytest.raises(InvalidTransition):
            act()
    assert actions() == ["quarantine.discard"]


def test_release_and_discard_ask_for_a_reason_and_correct_for_known_fields(row, admin):
    for act in (quarantine_release, quarantine_discard):
        with pytest.raises(Invalid):
            act(actor=admin, row=row, reason="  ")
    with pytest.raises(Invalid, match="colour"):
        quarantine_correct(actor=admin, row=row, fields={"colour": "red"}, version=1)


def test_who_may_not_bring_rows_in_sees_the_quarantine_and_changes_nothing(row, analyst, auditor, stranger):
    for person, refusal in ((analyst, NotAllowed), (auditor, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            quarantine_discard(actor=person, row=row, reason="x")
        with pytest.raises(refusal):
            quarantine_release(actor=person, row=row, reason="x")
        with pytest.raises(refusal):
            quarantine_correct(actor=person, row=row, fields=fields(1), version=1)
    assert actions() == []
    assert [bool(quarantine_visible(person).count()) for person in (analyst, auditor, stranger)] == [True, True, False]


def test_nothing_that_is_told_of_people_is_in_the_ledger(service, bank, admin):
    """Neither a value of a row, nor what quotes one, nor a digest that could be found by trying."""
    marks = {name: f"Zoe-{name}" for name in fields(1)}
    ingest(actor=service, source=bank, rows=[RawRow(marks)], method=IngestMethod.FILE)
    row = QuarantinedRow.objects.get()
    for name in marks:
        # Each in turn is what the detail quotes.
        others = fields(1, external_id=f"Zoe-{name}")
        row = quarantine_correct(actor=admin, row=row, fields={**others, name: f"Zoe-{name}"})
        row = quarantine_correct(actor=admin, row=row, fields={**others, name: f"Zoe-{name}", "amount": "Zoe-x"})
        row = quarantine_release(actor=admin, row=row, reason="asked the bank")
        assert row.state == QuarantineState.OPEN
    quarantine_correct(actor=admin, row=row, fields=fields(1, external_id="Zoe-9"))
    quarantine_release(actor=admin, row=row, reason="asked the bank")
    said = b"".join(bytes(body) for body in Event.objects.values_list("body", flat=True))
    assert {"quarantine.correct", "quarantine.refuse", "quarantine.release"} == set(actions())
    assert b"Zoe" not in said
    assert b'"hmac_sha256"' in said
    guess = hashlib.sha256(json.dumps("Zoe-9").encode()).hexdigest()
    assert guess.encode() not in said


def test_a_digest_is_proved_by_the_salt_of_its_row_and_by_nothing_else(service, bank, admin):
    ingest(actor=service, source=bank, rows=[raw(1, amount="x"), raw(2, amount="x")], method=IngestMethod.FILE)
    rows = list(QuarantinedRow.objects.order_by("pk"))
    assert len({bytes(row.salt) for row in rows}) == 2
    digests = []
    for row in rows:
        quarantine_correct(actor=admin, row=row, fields=fields(1, external_id="T-9"))
        digest = json.loads(bytes(Event.objects.latest("id").body))["changes"]["external_id"][1]["hmac_sha256"]
        assert digest == hmac.new(bytes(row.salt), b'{"external_id":"T-9"}', "sha256").hexdigest()
        digests.append(digest)
    assert digests[0] != digests[1]
    assert len(bytes(rows[0].salt)) == 32


def test_whatever_is_said_by_digest_has_a_salt_that_nothing_shows():
    salted: list[Any] = [model for model in apps.get_models() if hasattr(model, "history") and personal_fields(model)]
    assert QuarantinedRow in salted
    for model in salted:
        tracked = {field.name for field in model.history.model.tracked_fields}
        assert {field.name for field in model._meta.fields} > personal_fields(model)
        assert model._meta.get_field("salt").default is not NOT_PROVIDED
        assert "salt" not in tracked, model
        for serializer in ModelSerializer.__subclasses__():
            if getattr(getattr(serializer, "Meta", None), "model", None) is model:
                assert "salt" not in serializer.Meta.fields


def test_rows_from_before_get_a_salt_of_their_own_each(service, bank, monkeypatch):
    migration = importlib.import_module("transactions.migrations.0004_salt_of_quarantined_rows")
    monkeypatch.setattr(migration, "ROWS_PER_UPDATE", 2)
    rows = [raw(number, amount="x") for number in range(5)]
    ingest(actor=service, source=bank, rows=rows, method=IngestMethod.FILE)
    # As a default that is asked for once leaves them.
    QuarantinedRow.objects.update(salt=b"\x01" * 32)
    migration.give_salts(apps, None)
    salts = {bytes(salt) for salt in QuarantinedRow.objects.values_list("salt", flat=True)}
    assert len(salts) == 5
    assert {len(salt) for salt in salts} == {32}
