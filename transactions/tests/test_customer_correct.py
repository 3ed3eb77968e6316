"""What people say of customers: further assertions with a reason, whose words are in no event."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound, Stale
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Account, AccountParty, Customer, CustomerProfile, PartyRelation
from transactions.parties import selectors
from transactions.parties.services import (
    account_party_add,
    account_party_end,
    customer_correct,
    relation_add,
    relation_end,
)

from .test_records_customers import add, person, statuses
from .test_records_ties import party

pytestmark = pytest.mark.django_db
REASON = "Frau Ågren said so"
SPRING, SUMMER = date(2026, 3, 1), date(2026, 6, 1)


@pytest.fixture
def customers(service, bank) -> list[Customer]:
    add(service, bank, person(1), person(2), person(3, valid_from="2026-05-01"))
    add(service, bank, party(), kind="account_party")
    return list(Customer.objects.order_by("external_id"))


def correct(actor: Any, customer: Customer, valid_from: date = SPRING, reason: str = REASON, **fields: Any) -> Any:
    profile = {"name": "Ana Right", "risk_rating": "high"} | fields
    return customer_correct(actor=actor, customer=customer, valid_from=valid_from, profile=profile, reason=reason)


def event(action: str) -> tuple[dict[str, Any], str]:
    text = bytes(Event.objects.filter(action=action).latest("id").body).decode()
    return json.loads(text), text


def test_a_correction_is_a_further_assertion_of_a_person(customers, lead):
    made = correct(lead, customers[0])
    assert (made.recorded_by, made.batch, made.reason) == (lead, None, REASON)
    customer = Customer.objects.get(pk=customers[0].pk)
    assert (customer.name, customer.risk_rating, customer.country, customer.version) == ("Ana Right", "high", "", 2)
    assert selectors.customer_profile(lead, customer, date(2025, 1, 1)).profile["name"] == "Ana Ågren 1"
    assert selectors.customer_profile(lead, customer, SPRING).assertion == made


def test_its_event_says_which_fields_and_none_of_the_words(customers, lead):
    made = correct(lead, customers[0])
    body, text = event("customer.correct")
    assert body["data"]["fields"] == sorted(
        ["country_of_residence", "is_pep", "name", "onboarded_on", "risk_rating"]
    )  # fmt: skip
    assert body["data"]["digest"] == bytes(made.digest).hex()
    assert set(body["changes"]["name"][0]) == {"hmac_sha256"}
    for word in ("Ågren", "Ana Right", REASON, '"high"'):
        assert word not in text


def test_a_correction_of_the_past_leaves_what_prevails_now(customers, lead):
    correct(lead, customers[2], date(2026, 1, 1))
    customer = Customer.objects.get(pk=customers[2].pk)
    assert (customer.name, customer.profiles.count()) == ("Ana Ågren 3", 2)
    assert customer.version == customers[2].version + 1


def test_a_feed_that_says_again_what_a_person_corrected_takes_it_not_back(customers, lead, service, bank):
    correct(lead, customers[0], date(2024, 1, 1))
    assert statuses(add(service, bank, person(1))) == ["duplicate"]
    assert Customer.objects.get(pk=customers[0].pk).name == "Ana Right"


def test_what_does_not_hold_is_refused_by_its_field(customers, lead):
    for fields, name in (
        ({"name": ""}, "profile.name"), ({"country_of_residence": "Nowhere"}, "profile.country_of_residence"),
        ({"shoe": "1"}, "profile.shoe"), ({"aliases": "[1"}, "profile.aliases"),
        ({"date_of_incorporation": "2000-01-01"}, "profile.date_of_incorporation"),
        ({"valid_from": date(2999, 1, 1)}, "valid_from"), ({"reason": "x"}, "reason"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            correct(lead, customers[0], **fields)
        assert name in refusal.value.fields
    with pytest.raises(Conflict):
        correct(lead, customers[0], **selectors.customer_profile(lead, customers[0]).profile)
    with pytest.raises(Stale):
        customer_correct(
            actor=lead, customer=customers[0], valid_from=SPRING, profile={"name": "X"}, reason=REASON, version=9
        )  # fmt: skip
    assert CustomerProfile.objects.filter(customer=customers[0]).count() == 1


def test_who_may_not_correct_is_refused(customers, analyst, auditor, stranger, admin):
    for who, refusal in ((analyst, NotAllowed), (auditor, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            correct(who, customers[0])
    assert correct(admin, customers[0])


def test_a_role_is_added_and_ended_and_both_can_be_read_as_of_their_time(customers, lead):
    account = Account.objects.get(external_id="A-1")
    made = account_party_add(
        actor=lead, customer=customers[1], account=account, role="signatory", valid_from=SPRING, reason=REASON
    )  # fmt: skip
    body, text = event("account_party.add")
    assert (body["data"]["account"], body["data"]["customer"], body["data"]["role"]) == ("A-1", "C-2", "signatory")
    assert REASON not in text
    with pytest.raises(Conflict, match="stands already"):
        account_party_add(
            actor=lead, customer=customers[1], account=account, role="signatory", valid_from=SPRING, reason=REASON
        )  # fmt: skip
    ended = account_party_end(actor=lead, party=made, valid_until=SUMMER, reason=REASON)
    assert event("account_party.end")[0]["data"]["withdraws"] == str(made.pk)
    assert [*selectors.customer_accounts(lead, customers[1], SUMMER)] == [ended]
    assert [*selectors.customer_accounts(lead, customers[1], date(2026, 6, 2))] == []
    assert [
        *selectors.customer_accounts(lead, customers[1], date(2026, 6, 2), ended.recorded_at.replace(year=2025))
    ] == []
    with pytest.raises(InvalidTransition, match="ended already"):
        account_party_end(actor=lead, party=made, valid_until=SUMMER, reason=REASON)
    with pytest.raises(Invalid):
        account_party_end(actor=lead, party=ended, valid_until=date(2020, 1, 1), reason=REASON)
    assert Customer.objects.get(pk=customers[1].pk).version == 3


def test_a_relation_is_added_and_ended(customers, lead):
    given: dict[str, Any] = {"actor": lead, "customer": customers[0], "valid_from": SPRING, "reason": REASON}
    made = relation_add(**given, other=customers[1], kind="owns", share=2500)
    assert event("relation.add")[0]["data"]["share"] == 2500
    ended = relation_end(actor=lead, relation=made, valid_until=SUMMER, reason=REASON)
    assert (ended.share, PartyRelation.objects.filter(withdrawn_at=None).get()) == (2500, ended)
    for wrong, name in (
        ({"other": customers[0], "kind": "owns"}, "other"), ({"other": customers[1], "kind": "likes"}, "kind"),
        ({"other": customers[1], "kind": "household", "share": 1}, "share"),
        ({"other": customers[1], "kind": "owns", "share": 10_001}, "share"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            relation_add(**given, **wrong)
        assert name in refusal.value.fields


def test_what_is_of_another_source_is_not_tied(customers, lead, service):
    other = factories.source("other")
    add(service, other, person(9))
    stranger = Customer.objects.get(external_id="C-9")
    given: dict[str, Any] = {"actor": lead, "customer": customers[0], "valid_from": SPRING, "reason": REASON}
    with pytest.raises(Invalid):
        relation_add(**given, other=stranger, kind="owns")
    with pytest.raises(Invalid):
        account_party_add(**given, account=factories.account(of=other), role="holder")


def test_analysts_tie_nobody(customers, analyst):
    account, made = Account.objects.get(external_id="A-1"), AccountParty.objects.get()
    with pytest.raises(NotAllowed):
        account_party_add(
            actor=analyst, customer=customers[1], account=account, role="holder", valid_from=SPRING, reason=REASON
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        account_party_end(actor=analyst, party=made, valid_until=SUMMER, reason=REASON)
    with pytest.raises(NotAllowed):
        relation_add(
            actor=analyst, customer=customers[0], other=customers[1], kind="owns", valid_from=SPRING, reason=REASON
        )  # fmt: skip
