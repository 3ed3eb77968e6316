"""A customer is erased under four eyes, and then no digest and no event tells who they were."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.services import request_decide
from cases.choices import CaseStatus
from cases.models import Case, Incident
from detection.models import ExternalAlert
from finobs.core import clock
from finobs.core.errors import ApprovalRequired, InvalidTransition, NotAllowed, NotFound, Stale
from finobs.ledger.models import Event
from finobs.ledger.services.seal import seal
from finobs.ledger.tests.conftest import ledger_files, ledger_key
from finobs.ledger.verification import verify
from tests import factories
from transactions.models import (
    Account,
    AccountDetails,
    Counterparty,
    CounterpartyResolution,
    Customer,
    CustomerProfile,
    QuarantinedRow,
)
from transactions.parties import erasure, selectors
from transactions.parties.assertions import profile_content
from transactions.parties.resolution_selectors import resolutions_visible
from transactions.parties.services import (
    counterparty_resolve,
    counterparty_unresolve,
    customer_correct,
    customer_erase,
    customer_erase_approved,
)
from transactions.services import account_change, quarantine_correct

from .test_records_customers import add, person, statuses
from .test_records_ties import party

assert ledger_files
assert ledger_key
pytestmark = pytest.mark.django_db
NAMES = ["Ana Ågren", "Ana Berg", "Annie", "Anna Agren", "Storgatan 1", "Umeå", "P 123-456", "1980-02-03"]
REASON = "The time of retention is over"


@pytest.fixture
def customer(service, bank, lead) -> Customer:
    """Somebody who left long ago, of whom everything that can hold a name holds one."""
    full = person(
        1, name="Ana Ågren", aliases="Annie", date_of_birth="1980-02-03", exited_on="2015-03-01", onboarded_on="2001-01-01",
        addresses=[{"line": "Storgatan 1", "city": "Umeå"}], identifiers=[{"type": "passport", "number": "P 123-456"}],
    )  # fmt: skip
    add(service, bank, full)
    add(service, bank, full | {"risk_rating": "Ana Ågren"})
    row = QuarantinedRow.objects.get()
    quarantine_correct(actor=service, row=row, fields=row.fields | {"name": "Ana Berg"})
    add(service, bank, party(), kind="account_party")
    made = Customer.objects.get()
    profile = made.profiles.get().profile | {"name": "Ana Berg"}
    customer_correct(
        actor=lead, customer=made, valid_from=date(2024, 1, 1), profile=profile, reason="Ana Berg since she married"
    )  # fmt: skip
    made.refresh_from_db()
    return made


def ask(actor: Any, customer: Customer, **more: Any) -> ApprovalRequest:
    with pytest.raises(ApprovalRequired):
        customer_erase(actor=actor, customer=customer, reason=REASON, **more)
    return ApprovalRequest.objects.latest("id")


def erase(actor: Any, customer: Customer) -> Customer:
    request = ask(actor, customer)
    second = factories.user("Lia Second", role="compliance")
    request_decide(actor=second, request=request, vote="approve", digest=request.digest)
    customer.refresh_from_db()
    return customer


def test_one_person_alone_erases_nobody(customer, lead):
    other = factories.user("Lou Lead", role="compliance")
    request = ask(other, customer)
    for who in (other, lead):
        # Who asked, and who corrected the customer last.
        with pytest.raises(NotAllowed):
            request_decide(actor=who, request=request, vote="approve", digest=request.digest)
    customer.refresh_from_db()
    assert (customer.name, customer.erased_at) == ("Ana Berg", None)


def test_what_approvers_are_shown_names_nobody(customer):
    request = ask(factories.user("Lou Lead", role="compliance"), customer)
    shown = json.dumps([request.snapshot, request.subject_label, request.payload], ensure_ascii=False)
    assert not [name for name in NAMES if name in shown]
    assert dict(erasure.approver_summary(request.snapshot))["Why"] == REASON


def test_everything_personal_is_overwritten_and_ids_and_ties_stay(customer, lead):
    salts = [bytes(customer.salt), bytes(QuarantinedRow.objects.get().salt)]
    customer = erase(factories.user("Lou Lead", role="compliance"), customer)
    assert customer.erased_at is not None
    assert (customer.external_id, customer.name, customer.name_key, customer.exited_on) == ("C-1", "", "", None)
    assert customer.account_ties.count() == 1
    assert [each.profile for each in customer.profiles.all()] == [{}, {}]
    row = QuarantinedRow.objects.get()
    assert (row.raw_bytes, row.fields, row.state) == (b"", {}, "discarded")
    assert not {bytes(customer.salt), bytes(row.salt)} & set(salts)
    assert selectors.customer_actions(lead, customer) == []


def test_whom_they_were_resolved_from_is_taken_back_and_told_to_nobody(customer, bank, lead):
    rows = [Counterparty.objects.create(source=bank, external_id=f"M-{number}") for number in (1, 2)]
    first, second = (
        counterparty_resolve(actor=lead, counterparty=row, customer=customer, reason="Ana Berg's card") for row in rows
    )
    counterparty_unresolve(actor=lead, resolution=first, reason="Not Ana Berg's")
    erase(factories.user("Lou Lead", role="compliance"), customer)
    assert [name for name in NAMES if name in dump()] == []
    second.refresh_from_db()
    assert second.withdrawn_at is not None
    assert second.reason == second.withdrawal_reason == "Erased with its customer."
    assert list(resolutions_visible(lead)) == []
    assert json.loads(bytes(Event.objects.get(action="customer.erase").body))["data"]["resolutions"] == 2
    # The counterparty may be somebody else's now.
    assert CounterpartyResolution.objects.filter(withdrawn_at=None).count() == 0


def test_no_table_holds_a_name_any_more(customer):
    assert {name for name in NAMES[:3] if name in dump()} == set(NAMES[:3])
    erase(factories.user("Lou Lead", role="compliance"), customer)
    text = dump()
    assert [name for name in NAMES if name in text] == []


def test_what_another_system_said_of_them_goes_too_and_what_it_said_of_others_stays(service, bank, customer):
    said = {
        "system": "Vigil", "scenario": "Nightly", "typology": "structuring", "occurred_at": "2014-03-01",
        "reasons": ["Ana Berg again."],
    }  # fmt: skip
    about = (
        ("V-1", {"customer": "C-1"}), ("V-2", {"account": "A-1"}), ("V-3", {"account": "A-9"}),
        ("V-4", {"customer": "C-1", "typology": "?"}), ("V-5", {"account": "A-9", "typology": "?"}),
        ("V-6", {"account": "A-9", "typology": "?", "payload": {}, "reasons": ["A new payee."]}),
    )  # fmt: skip
    rows = [{**said, "external_id": name, "payload": {"name": f"Ana Ågren {name}"}, **whom} for name, whom in about]
    assert statuses(add(service, bank, *rows, kind="alert")) == ["accepted"] * 3 + ["quarantined"] * 3
    for model in (Incident, Case):
        model.objects.update(status="closed", disposition="false_positive", reason_code="x", closed_at=clock.now())
    erase(factories.user("Lou Lead", role="compliance"), customer)
    held = {
        each.external_id: (each.payload, each.payload_digest == "", each.reasons)
        for each in ExternalAlert.objects.all()
    }
    gone: tuple[Any, ...] = ({}, True, [])
    assert held == {"V-1": gone, "V-2": gone, "V-3": ({"name": "Ana Ågren V-3"}, False, ["Ana Berg again."])}
    # The fifth names them in its words; the sixth does not.
    waiting = QuarantinedRow.objects.filter(kind="alert").order_by("pk")
    assert [bool(each.fields) for each in waiting] == [False, False, True]
    assert json.loads(bytes(Event.objects.get(action="customer.erase").body))["data"]["alerts"] == 2


def test_what_their_accounts_are_called_goes_where_nobody_else_is_known_there(customer, bank, superuser):
    own, joint = Account.objects.get(external_id="A-1"), factories.account(of=bank)
    other = Customer.objects.create(source=bank, external_id="C-9", unit=bank.unit, name="Ben")
    tie = customer.account_ties.get()
    for each in (customer, other):
        tie.pk, tie.account, tie.customer = None, joint, each
        tie.save(force_insert=True)
    for account in (own, joint):
        account_change(actor=superuser, details=AccountDetails(account=account), name="Ana Berg")
    salt = bytes(own.details.salt)
    erase(factories.user("Lou Lead", role="compliance"), customer)
    details = AccountDetails.objects.get(account=own)
    assert (details.name, bytes(details.salt) == salt) == ("", False)
    assert {row.name for row in details.history.all()} == {""}
    assert AccountDetails.objects.get(account=joint).name == "Ana Berg"
    data = json.loads(bytes(Event.objects.get(action="customer.erase").body))["data"]
    assert (data["account_names"], data["work_items"]) == (1, 0)


def test_who_is_looked_into_by_an_incident_without_an_account_is_not_erased(customer, queue, lead):
    incident = factories.incident(inside=queue)
    Incident.objects.filter(pk=incident.pk).update(account=None, customer=customer)
    with pytest.raises(InvalidTransition, match=incident.reference):
        customer_erase(actor=lead, customer=customer, reason=REASON)


def dump() -> str:
    """Everything in every table of finobs, as text, what is compressed unpacked."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    values = [value for model in models for row in model._base_manager.values_list() for value in row]
    return "\n".join([*map(_text, values), *(_text(row.raw_bytes) for row in QuarantinedRow.objects.all())])


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


@pytest.mark.usefixtures("ledger_files", "ledger_key")
def test_no_digest_or_event_confirms_a_guess_and_the_ledger_verifies(customer, bank):
    before, salt = dict(CustomerProfile.objects.values_list("pk", "digest")), bytes(customer.salt)
    contents = {
        each.pk: profile_content(bank, customer, each.valid_from, each.profile)
        for each in CustomerProfile.objects.all()
    }
    # With the salt whoever has the content can confirm it: or what follows would prove nothing.
    assert all(_hmac(salt, contents[pk]) == bytes(digest) for pk, digest in before.items())
    customer = erase(factories.user("Lou Lead", role="compliance"), customer)
    everything = b"".join(bytes(body) for body in Event.objects.values_list("body", flat=True))
    digests = [bytes(digest) for digest in CustomerProfile.objects.values_list("digest", flat=True)]
    haystack = everything + b"".join(each.hex().encode() for each in digests)
    salts = [
        b"",
        *(bytes(each) for model in (Customer, QuarantinedRow) for each in model.objects.values_list("salt", flat=True)),
    ]
    for name in NAMES:
        assert name.encode() not in everything
    for guess in guesses(contents.values()):
        for each in salts:
            confirmed = [hashlib.sha256(guess).hexdigest(), hmac.digest(each, guess, "sha256").hex()]
            assert not [digest for digest in confirmed if digest.encode() in haystack]
    seal()
    assert verify().ok


def guesses(contents: Any) -> list[bytes]:
    """All that a curious person would try who knows the names, and how finobs writes what it digests."""
    fields = ("name", "name_key", "fields", "detail", "reason", "external_id", "profile")
    texts = [*NAMES, "Ana Berg since she married"]
    written = [
        json.dumps({field: text}, separators=(",", ":"), ensure_ascii=False) for field in fields for text in texts
    ]
    whole = [json.dumps(each, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for each in contents]
    return [each.encode() for each in (*texts, *written, *whole)]


def _hmac(salt: bytes, content: Any) -> bytes:
    body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(salt, body.encode(), "sha256")


def test_a_customer_is_not_erased_before_the_time_of_retention_is_over(customer, lead, settings):
    settings.CUSTOMER_RETENTION_YEARS = 30
    with pytest.raises(InvalidTransition, match="until 01 March 2045"):
        customer_erase(actor=lead, customer=customer, reason=REASON)
    Customer.objects.filter(pk=customer.pk).update(exited_on=None)
    with pytest.raises(InvalidTransition, match="has not left"):
        customer_erase(actor=lead, customer=customer, reason=REASON)
    assert erasure.retention_end(date(2024, 2, 29)) == date(2054, 3, 1)


def test_a_customer_with_an_open_case_is_not_erased_and_a_request_meets_it_too(customer, queue):
    asks = factories.user("Lou Lead", role="compliance")
    request = ask(asks, customer)
    case = factories.case(of=Account.objects.get(), inside=queue, status=CaseStatus.OPEN)
    with pytest.raises(InvalidTransition, match=case.reference):
        customer_erase(actor=asks, customer=customer, reason=REASON)
    with pytest.raises(Exception, match="could not be carried out"):
        request_decide(
            actor=factories.user("Lia Second", role="compliance"), request=request, vote="approve", digest=request.digest
        )  # fmt: skip
    customer.refresh_from_db()
    assert (customer.name, customer.erased_at) == ("Ana Berg", None)


def test_who_may_not_is_refused(customer, analyst, stranger):
    with pytest.raises(NotAllowed):
        customer_erase(actor=analyst, customer=customer, reason=REASON)
    with pytest.raises(NotFound):
        customer_erase(actor=stranger, customer=customer, reason=REASON)
    with pytest.raises(NotAllowed):
        customer_erase_approved(actor=analyst, customer=customer, reason=REASON, approval=1)


def test_a_change_meanwhile_voids_the_request(customer, lead):
    request = ask(factories.user("Lou Lead", role="compliance"), customer, version=customer.version)
    profile = customer.profiles.first().profile | {"segment": "other"}
    customer_correct(actor=lead, customer=customer, valid_from=date(2024, 1, 1), profile=profile, reason="Seen again")
    request.refresh_from_db()
    assert request.state == "void"
    with pytest.raises(Stale):
        customer_erase(actor=lead, customer=customer, reason=REASON, version=1)


def test_nothing_comes_in_of_who_was_erased_but_their_id(customer, service, bank):
    erase(factories.user("Lou Lead", role="compliance"), customer)
    result = add(service, bank, person(1, name="Ana Ågren"))
    assert (statuses(result), result.rows[0].reason) == (["quarantined"], "erased")
    assert statuses(add(service, bank, party(role="signatory"), kind="account_party")) == ["quarantined"]
    assert "Ågren" not in dump()


def test_the_page_asks_for_it_and_says_when_it_is_done(client, customer, lead):
    other = factories.user("Lou Lead", role="compliance")
    client.force_login(other)
    address = reverse("transactions:customer-erase", args=[customer.pk])
    refused = client.post(address, {"version": customer.version, "reason": ""})
    assert refused.status_code == 422
    assert client.post(address, {"version": customer.version, "reason": REASON}).status_code == 302
    assert ApprovalRequest.objects.get().state == "pending"
    request = ApprovalRequest.objects.get()
    second = factories.user("Lia Second", role="compliance")
    request_decide(actor=second, request=request, vote="approve", digest=request.digest)
    text = client.get(reverse("transactions:customer-detail", args=[customer.pk])).content.decode()
    assert "were erased on" in text
    assert "Nothing is kept." in text
    assert not [name for name in NAMES if name in text]
