"""Customers come in by the one way for records: idempotent, corrected by saying it anew, rubbish in quarantine."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from finobs.core.errors import Invalid, NotAllowed, NotFound, TooLarge
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from transactions.choices import IngestMethod, QuarantineReason, RecordKind, RowStatus
from transactions.models import Batch, Customer, CustomerProfile, QuarantinedRow
from transactions.records.services import RecordsAddResult, records_add
from transactions.row_validation import RawRow
from transactions.services import quarantine_correct, quarantine_discard, quarantine_release

from .conftest import raw

pytestmark = pytest.mark.django_db


def person(number: int = 1, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "external_id": f"C-{number}", "kind": "person", "valid_from": "2024-01-01", "name": f"Ana Ågren {number}",
        "country_of_residence": "DE", "risk_rating": "low", "is_pep": "no", "onboarded_on": "2020-05-01",
    }  # fmt: skip
    return {name: value for name, value in (given | changes).items() if value is not ...}


def add(
    actor: Any, source: Any, *rows: dict[str, Any], kind: str = RecordKind.CUSTOMER, **more: Any
) -> RecordsAddResult:
    more = {"method": IngestMethod.FILE} | more
    return records_add(actor=actor, source=source, kind=kind, rows=[RawRow(dict(row)) for row in rows], **more)


def statuses(result: RecordsAddResult) -> list[str]:
    return [row.status.value for row in result.rows]


def test_a_customer_comes_in_with_what_lists_read_and_with_history(service, bank):
    result = add(service, bank, person(1, is_pep="true", segment="private"), person(2, risk_rating="HIGH"))
    assert statuses(result) == ["accepted", "accepted"]
    first, second = Customer.objects.order_by("external_id")
    assert (first.name, first.country, first.is_pep, first.segment) == ("Ana Ågren 1", "DE", True, "private")
    assert (second.risk_rating, second.onboarded_on, second.unit_id) == ("high", date(2020, 5, 1), bank.unit_id)
    assert first.history.get().name == "Ana Ågren 1"
    assert first.history.get().history_user == service
    assert first.profiles.get().profile["country_of_residence"] == "DE"


def test_one_event_commits_to_the_batch_without_a_word_of_its_rows(service, bank):
    result = add(service, bank, person(1), person(2), person(3, name=""))
    event = Event.objects.get(action="batch.records")
    data = json.loads(bytes(event.body))["data"]
    assert (data["kind"], data["accepted"], data["quarantined"], data["source"]) == ("customer", 2, 1, "bank")
    digests = [bytes(each.digest) for each in CustomerProfile.objects.order_by("position")]
    assert (
        data["root"]
        == merkle.root([leaf_hash(each) for each in digests]).hex()
        == bytes(result.batch.root or b"").hex()
    )
    assert "Ågren".encode() not in bytes(event.body)
    assert len(set(digests)) == 2


def test_the_same_content_has_another_digest_for_another_customer(service, bank):
    add(service, bank, person(1, name="Ana"))
    profile = CustomerProfile.objects.get()
    assert bytes(profile.digest) != hashlib.sha256(b"Ana").digest()
    customer = Customer.objects.get()
    assert len(bytes(customer.salt)) == 32


def test_what_comes_again_is_known_and_changes_nothing(service, bank):
    add(service, bank, person(1), person(2))
    again = add(service, bank, person(2), person(1), person(1))
    assert statuses(again) == ["duplicate"] * 3
    assert [row.record_id for row in again.rows] == [
        CustomerProfile.objects.get(customer__external_id=name).pk for name in ("C-2", "C-1", "C-1")
    ]
    assert CustomerProfile.objects.count() == 2
    assert Customer.history.count() == 2


def test_a_later_date_is_a_further_assertion_and_what_lists_read_follows_it(service, bank):
    add(service, bank, person(1))
    add(service, bank, person(1, valid_from="2025-06-01", name="Ana Berg"))
    customer = Customer.objects.get()
    assert (customer.name, customer.version, customer.history.count()) == ("Ana Berg", 2, 2)
    add(service, bank, person(1, valid_from="2023-01-01", name="Ana Earlier"))
    customer.refresh_from_db()
    assert (customer.name, customer.profiles.count()) == ("Ana Berg", 3)


def test_a_correction_for_the_same_date_prevails_and_a_replay_of_the_old_file_does_not_take_it_back(service, bank):
    add(service, bank, person(1))
    assert statuses(add(service, bank, person(1, name="Anna"))) == ["accepted"]
    assert Customer.objects.get().name == "Anna"
    assert statuses(add(service, bank, person(1))) == ["duplicate"]
    assert Customer.objects.get().name == "Anna"


def test_without_a_date_it_is_said_of_today_and_is_known_while_nothing_changes(service, bank):
    assert statuses(add(service, bank, person(1))) == ["accepted"]
    assert statuses(add(service, bank, person(1, valid_from=...))) == ["duplicate"]
    assert statuses(add(service, bank, person(1, valid_from=..., segment="new"))) == ["accepted"]
    assert CustomerProfile.objects.count() == 2


def test_two_contents_for_one_date_in_one_batch_are_a_conflict_and_the_first_stays(service, bank):
    result = add(service, bank, person(1), person(1, name="Other"), person(1))
    assert statuses(result) == ["accepted", "quarantined", "duplicate"]
    assert result.rows[1].reason == QuarantineReason.CONFLICT
    assert Customer.objects.get().name == "Ana Ågren 1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "missing"), ({"external_id": " "}, "missing"), ({"kind": "robot"}, "word"),
        ({"kind": ...}, "missing"), ({"valid_from": "2024-02-30"}, "date"), ({"valid_from": "2999-01-01"}, "date"),
        ({"country_of_residence": "Germany"}, "country"), ({"risk_rating": "purple"}, "word"),
        ({"is_pep": "perhaps"}, "word"), ({"name": "A" * 201}, "too-long"), ({"name": "A\u200bna"}, "characters"),
        ({"shoe_size": "42"}, "unknown-field"), ({"date_of_incorporation": "2001-01-01"}, "word"),
        ({"exited_on": "2001-01-01"}, "date"), ({"aliases": "[1"}, "type"), ({"aliases": [{"nick": "x"}]}, "unknown-field"),
        ({"aliases": [["x"]]}, "type"), ({"nationalities": "DE|Narnia"}, "country"), ({"name_script": "Latin"}, "word"),
        ({"expected_activity": [{"amount_in": "5"}]}, "missing"),
        ({"expected_activity": [{"currency": "EUR", "amount_in": "-5"}]}, "amount"),
        ({"expected_activity": [{"currency": "EUR", "count": "many"}]}, "type"),
        ({"identifiers": [{"type": "passport"}]}, "missing"), ({"name": {"first": "Ana"}}, "type"),
        ({"addresses": [{"line": "x"}] * 51}, "too-long"), ({"external_id": "1.2E+20"}, "type"),
    ],
)  # fmt: skip
def test_rubbish_is_held_back_with_the_reason_and_stops_no_neighbour(service, bank, changes, reason):
    result = add(service, bank, person(1, **changes), person(2))
    assert statuses(result) == ["quarantined", "accepted"]
    row = QuarantinedRow.objects.get()
    assert (row.reason, row.kind, row.state) == (reason, "customer", "open")
    assert row.detail
    assert [*Customer.objects.values_list("external_id", flat=True)] == ["C-2"]


def test_lists_come_as_json_text_as_json_or_with_bars_between(service, bank):
    full = person(
        1, aliases="Annie|Аня", nationalities=["SE", "DE"],
        addresses=json.dumps([{"line": "Storgatan 1", "city": "Umeå", "country": "se", "type": "Residence"}]),
        identifiers=[{"type": "passport", "number": "P 123", "country": "SE", "valid_until": "2030-01-31"}],
        expected_activity=[{"currency": "EUR", "amount_in": "1200.5", "count": 12, "countries": "SE|DE"}],
    )  # fmt: skip
    assert statuses(add(service, bank, full)) == ["accepted"]
    profile = CustomerProfile.objects.get().profile
    assert profile["aliases"] == [{"name": "Annie"}, {"name": "Аня"}]
    assert profile["nationalities"] == ["DE", "SE"]
    assert profile["addresses"] == [{"line": "Storgatan 1", "city": "Umeå", "country": "SE", "type": "residence"}]
    assert profile["expected_activity"] == [
        {"currency": "EUR", "amount_in": "1200.50", "count": 12, "countries": ["DE", "SE"]}
    ]
    # As it is stored it can be said again, and is the same.
    assert statuses(add(service, bank, person(1, **profile))) == ["duplicate"]


def test_a_customer_stays_what_they_are(service, bank):
    add(service, bank, person(1))
    result = add(service, bank, person(1, kind="organisation", valid_from="2025-01-01"))
    assert (statuses(result), result.rows[0].reason) == (["quarantined"], "conflict")


def test_a_held_back_row_is_corrected_and_released_and_then_known(service, bank):
    add(service, bank, person(1, name=""))
    row = QuarantinedRow.objects.get()
    assert row.external_id == "C-1"
    with pytest.raises(Invalid, match="no field named shoe"):
        quarantine_correct(actor=service, row=row, fields={"shoe": "1"})
    quarantine_correct(actor=service, row=row, fields=row.fields | {"name": "Ana"})
    row = quarantine_release(actor=service, row=row, reason="As the branch says")
    assert (row.state, row.transaction_id, Customer.objects.get().name) == ("released", None, "Ana")
    assert Batch.objects.get(method="release").kind == RecordKind.CUSTOMER
    data = json.loads(bytes(Event.objects.get(action="quarantine.release").body))["data"]
    assert data["record"] == str(CustomerProfile.objects.get().pk)
    # The file once more: its row was released, and is no news.
    assert statuses(add(service, bank, person(1, name=""))) == ["duplicate"]


def test_a_row_that_still_fails_stays_with_its_reason(service, bank):
    add(service, bank, person(1, name=""))
    row = QuarantinedRow.objects.get()
    row = quarantine_release(actor=service, row=row, reason="Let us see")
    assert (row.state, row.reason) == ("open", "missing")
    assert statuses(add(service, bank, person(1, name=""))) == ["already_quarantined"]
    quarantine_discard(actor=service, row=row, reason="Nobody of that kind")
    result = add(service, bank, person(1, name=""))
    assert result.rows[0].detail.startswith("It was discarded before.")


def test_what_waits_is_settled_by_a_later_row_of_the_same_customer_only(service, bank):
    add(service, bank, person(1, name=""), person(2, name=""))
    add(service, bank, person(1))
    assert dict(QuarantinedRow.objects.values_list("external_id", "state")) == {"C-1": "superseded", "C-2": "open"}


def test_what_waits_to_say_something_of_another_day_waits_on(service, bank):
    add(
        service,
        bank,
        person(1, name=""),
        person(1, name="", valid_from="2020-01-01"),
        person(1, name="", valid_from="?"),
    )
    add(service, bank, person(1))
    states = {row.fields["valid_from"]: row.state for row in QuarantinedRow.objects.all()}
    assert states == {"2024-01-01": "superseded", "2020-01-01": "open", "?": "superseded"}


def test_a_transaction_of_the_id_of_a_customer_settles_nothing_of_theirs(service, bank):
    from transactions.services import ingest

    add(service, bank, person(1, external_id="T-1", name=""))
    ingest(actor=service, source=bank, rows=[raw(1)], method=IngestMethod.FILE)
    assert QuarantinedRow.objects.get().state == "open"


def test_who_may_not_feed_brings_nothing_in(analyst, stranger, bank):
    with pytest.raises(NotAllowed):
        add(analyst, bank, person(1))
    with pytest.raises(NotFound):
        add(stranger, bank, person(1))
    assert not Customer.objects.exists()


def test_a_batch_has_its_limits(service, bank):
    with pytest.raises(Invalid):
        add(service, bank)
    with pytest.raises(TooLarge):
        records_add(
            actor=service, source=bank, kind="customer", rows=[RawRow({})] * 10_001, method=IngestMethod.FILE
        )  # fmt: skip
    with pytest.raises(NotFound):
        add(service, bank, person(1), kind="planet")
    with pytest.raises(NotFound):
        add(service, bank, person(1), kind=RecordKind.TRANSACTION)
    bank.is_active = False
    with pytest.raises(Invalid, match="not active"):
        add(service, bank, person(1))


def test_counts_and_first_row_are_of_the_file(service, bank):
    result = add(service, bank, person(1), person(2, kind="x"), first_row=101, file_name="customers.csv")
    assert [row.row_number for row in result.rows] == [101, 102]
    batch = Batch.objects.get()
    assert (batch.received, batch.accepted, batch.quarantined, batch.file_name) == (2, 1, 1, "customers.csv")
    assert QuarantinedRow.objects.get().row_number == 102
    assert result.rows[0].status == RowStatus.ACCEPTED


def test_many_rows_and_their_history_are_as_those_of_few(service, bank):
    rows = [person(number, aliases="Annie|Аня", is_pep="yes") for number in range(300)]
    bad = [person(number, name="") for number in range(300, 560)]
    result = add(service, bank, *rows, *bad, person(1000, name="Zoë"))
    assert (result.batch.accepted, result.batch.quarantined) == (301, 260)
    assert Customer.history.count() == 301
    assert QuarantinedRow.history.count() == 260
    last = Customer.objects.get(external_id="C-1000")
    past = last.history.get()
    assert (past.history_type, past.history_user, past.history_change_reason) == (
        "+",
        service,
        f"Batch {result.batch.pk}",
    )
    names = [field.attname for field in type(past).tracked_fields]
    assert {name: getattr(past, name) for name in names} == {name: getattr(last, name) for name in names}
    # Ids that were reserved are not given again.
    add(service, bank, person(2000))
    assert Customer.objects.get(external_id="C-2000").pk > last.pk
