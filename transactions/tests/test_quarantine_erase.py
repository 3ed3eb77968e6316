"""Rows in quarantine that nobody could read are reached by the erasure of a customer, and end with their retention."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.services import request_decide
from finobs.core import clock
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from finobs.ledger.services.seal import seal
from finobs.ledger.tests.conftest import ledger_files, ledger_key
from finobs.ledger.verification import verify
from tests import factories
from transactions.choices import QuarantineState
from transactions.models import Customer, QuarantinedRow
from transactions.parties.services import customer_erase
from transactions.row_faults import RowFault
from transactions.row_validation import RawRow
from transactions.services import quarantine_expire

from .test_records_customers import add, person

assert ledger_files
assert ledger_key
pytestmark = pytest.mark.django_db
REASON = "The time of retention is over"


@pytest.fixture
def customer(service, bank) -> Customer:
    full = person(
        4711, name="Ana Ågren", aliases="Annie Oakley", exited_on="2015-03-01", onboarded_on="2001-01-01",
        identifiers=[{"type": "passport", "number": "P 123-456"}],
    )  # fmt: skip
    add(service, bank, full)
    return Customer.objects.get()


def hold_back(actor: Any, source: Any, raw: bytes | str, kind: str = "customer") -> QuarantinedRow:
    """A line of a file that could not be read, so that nobody knows whose it is."""
    from transactions.choices import IngestMethod, QuarantineReason
    from transactions.records.services import records_add

    content = raw if isinstance(raw, bytes) else raw.encode()
    fault = RowFault(QuarantineReason.MALFORMED, f"Not a readable row: {content[:20]!r}")
    row = RawRow(fields={}, fault=fault, raw=content)
    records_add(actor=actor, source=source, kind=kind, rows=[row], method=IngestMethod.FILE)
    return QuarantinedRow.objects.latest("pk")


def erase(customer: Customer, lead: Any) -> None:
    with pytest.raises(ApprovalRequired):
        customer_erase(actor=lead, customer=customer, reason=REASON)
    request, second = ApprovalRequest.objects.get(), factories.user("Sven Second", role="compliance")
    factories.grant(second, "lead", factories.queue())
    request_decide(actor=second, request=request, vote="approve", reason="Yes", digest=request.digest)


@pytest.mark.parametrize(
    "raw",
    [
        "C-4711;person;;", "x;ANA   AGREN;y", '{"n": "Ana \\u00c5gren"}', "Ana Ågren".encode("latin-1") + b";1\xff",
        "what Annie-Oakley said", "passport P 123-456 lost", "Ana\tÅgren",
    ],
)  # fmt: skip
def test_a_row_that_names_them_is_emptied_however_it_is_written(service, bank, customer, lead, raw):
    row = hold_back(service, bank, raw)
    assert row.external_id == ""
    salt = bytes(row.salt)
    erase(customer, lead)
    row.refresh_from_db()
    assert (row.raw_bytes, row.raw_size, row.fields, row.detail) == (b"", 0, {}, "Erased with its customer.")
    assert (row.state, bytes(row.salt) == salt) == (QuarantineState.DISCARDED, False)
    assert json.loads(bytes(Event.objects.get(action="customer.erase").body))["data"]["quarantined_rows"] == 1
    assert not row.history.exclude(detail="Erased with its customer.").exists()


@pytest.mark.parametrize("raw", ["C-47110;person", "Anabel Ågrensson", "Ana;Berg", "P 123-4567", ""])
def test_a_row_of_somebody_else_stays(service, bank, customer, lead, raw):
    row = hold_back(service, bank, f"1;{raw}")
    erase(customer, lead)
    assert QuarantinedRow.objects.get(pk=row.pk).raw_bytes == f"1;{raw}".encode()


def test_a_row_of_another_source_stays_and_one_of_an_account_in_their_name_goes(service, bank, customer, lead):
    elsewhere = hold_back(service, factories.source("other"), "Ana Ågren;1")
    add(service, bank, {"external_id": "A-9", "name": "Ana Ågren", "kind": "shoe"}, kind="account")
    of_account = QuarantinedRow.objects.get(kind="account")
    assert of_account.external_id == "A-9"
    erase(customer, lead)
    assert QuarantinedRow.objects.get(pk=elsewhere.pk).raw_size > 0
    assert QuarantinedRow.objects.get(pk=of_account.pk).raw_size == 0


def test_what_nobody_could_place_is_emptied_after_the_time_of_retention_and_no_sooner(
    service, bank, settings, ledger_key
):
    settings.CUSTOMER_RETENTION_YEARS = 5
    row = hold_back(service, bank, "Ana Ågren;1")
    add(service, bank, person(7, name=""))
    placed = QuarantinedRow.objects.latest("pk")
    assert placed.external_id == "C-7"
    with clock.at(clock.now() + timedelta(days=5 * 365 - 10)):
        assert quarantine_expire() == 0
    with clock.at(clock.now() + timedelta(days=5 * 366)):
        assert quarantine_expire() == 1
        assert quarantine_expire() == 0
    row.refresh_from_db()
    assert (row.raw_bytes, row.state) == (b"", QuarantineState.DISCARDED)
    assert QuarantinedRow.objects.get(pk=placed.pk).raw_size > 0
    event = Event.objects.get(action="quarantine.expire")
    assert event.actor.kind == "system"
    assert "Ågren" not in bytes(event.body).decode()
    seal()
    assert verify().ok
