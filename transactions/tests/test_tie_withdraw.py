"""Ties that never held: people take them back, on the page and by the API, and no file brings them back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from finobs.core.errors import Invalid, InvalidTransition, NotAllowed
from finobs.ledger.models import Event
from tests.support.clients import signed_in
from transactions.models import AccountParty, Customer, PartyRelation
from transactions.parties import selectors
from transactions.parties.services import account_party_withdraw, relation_add, relation_withdraw

from .test_records_customers import add, person, statuses
from .test_records_ties import party, relation

pytestmark = pytest.mark.django_db
REASON = "Another Ana of that name"


@pytest.fixture
def customers(service, bank) -> list[Customer]:
    add(service, bank, person(1), person(2))
    add(service, bank, party(), kind="account_party")
    add(service, bank, relation(), kind="relation")
    return list(Customer.objects.order_by("external_id"))


def test_a_party_that_is_taken_back_stands_no_more_and_can_be_read_as_of_then(customers, lead):
    before = AccountParty.objects.get()
    row = account_party_withdraw(actor=lead, party=before, reason=REASON)
    assert (row.pk, row.withdrawn_by) == (before.pk, lead)
    assert not selectors.customer_accounts(lead, customers[0]).exists()
    assert [*selectors.customer_accounts(lead, customers[0], None, before.recorded_at)] == [before]
    assert Customer.objects.get(pk=customers[0].pk).version == customers[0].version + 1


def test_its_event_names_the_tie_and_none_of_the_words(customers, lead):
    relation_withdraw(actor=lead, relation=PartyRelation.objects.get(), reason=REASON)
    text = bytes(Event.objects.get(action="relation.withdraw").body).decode()
    data = json.loads(text)["data"]
    assert (data["customer"], data["other"], data["kind"], data["share"]) == ("C-1", "C-2", "owns", 2500)
    assert "Another" not in text


def test_a_file_that_says_it_again_does_not_bring_it_back_and_a_person_does(service, bank, customers, lead):
    relation_withdraw(actor=lead, relation=PartyRelation.objects.get(), reason=REASON)
    assert statuses(add(service, bank, relation(), kind="relation")) == ["duplicate"]
    assert not PartyRelation.objects.filter(withdrawn_at=None).exists()
    again = {"customer": customers[0], "other": customers[1], "kind": "owns", "share": 2500}
    relation_add(actor=lead, **again, valid_from=date(2024, 1, 1), reason="It was the right one")
    assert PartyRelation.objects.filter(withdrawn_at=None).count() == 1


def test_what_was_taken_back_cannot_be_taken_back_again(customers, lead):
    row = AccountParty.objects.get()
    account_party_withdraw(actor=lead, party=row, reason=REASON)
    with pytest.raises(InvalidTransition):
        account_party_withdraw(actor=lead, party=row, reason=REASON)


def test_it_needs_a_reason_and_somebody_who_may(customers, lead, analyst):
    row = AccountParty.objects.get()
    with pytest.raises(Invalid):
        account_party_withdraw(actor=lead, party=row, reason=" ")
    with pytest.raises(NotAllowed):
        account_party_withdraw(actor=analyst, party=row, reason=REASON)
    assert AccountParty.objects.get().withdrawn_at is None


@pytest.mark.parametrize(("kind", "model"), [("account-party", AccountParty), ("relation", PartyRelation)])
def test_the_page_ends_a_tie_or_takes_it_back(customers, lead, kind, model):
    row, client = model.objects.get(), signed_in(lead)
    text = client.get(reverse(f"transactions:{kind}-end", args=[row.pk])).content.decode()
    withdraw = reverse(f"transactions:{kind}-withdraw", args=[row.pk])
    assert f'action="{withdraw}"' in text
    refused = client.post(withdraw, {"reason": ""})
    assert refused.status_code == 422
    assert refused.context["withdraw"].errors
    assert not refused.context["end"].errors
    done = client.post(withdraw, {"reason": REASON}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("transactions:customer-detail", args=[row.customer_id])
    assert "Taken back" in done.content.decode()
    assert model.objects.get().withdrawn_at is not None
    assert client.post(withdraw, {"reason": REASON}).status_code == 409


def send(person: Any, name: str, row: Any, body: dict[str, Any], **headers: str) -> Any:
    address = reverse(f"transactions_api:{name}", args=[row.pk])
    return signed_in(person).post(address, json.dumps(body), content_type="application/json", headers=headers)


def test_the_api_corrects_a_profile_whole_and_says_which_fields_do_not_hold(customers, lead):
    body = {"valid_from": "2026-03-01", "profile": {"name": "Ana Right", "is_pep": "yes"}, "reason": "Her passport"}
    done = send(lead, "customer-correct", customers[0], body, **{"If-Match": '"1"'})
    assert done.status_code == 200, done.content
    assert (done.json()["name"], done.json()["is_pep"]) == ("Ana Right", True)
    wrong = body | {"profile": {"name": "Ana", "country_of_residence": "Atlantis", "nonsense": "x"}}
    refused = send(lead, "customer-correct", customers[0], wrong, **{"If-Match": done["ETag"]})
    pointers = {error["pointer"] for error in refused.json()["errors"]}
    assert (refused.status_code, pointers) == (422, {"#/profile/country_of_residence", "#/profile/nonsense"})
    known = send(lead, "customer-correct", customers[0], body, **{"If-Match": done["ETag"]})
    assert known.status_code == 409


def test_the_api_adds_ends_and_takes_back_as_the_pages_do(customers, lead):
    tie = {"other": "C-1", "kind": "owns", "share": "12.5", "valid_from": "2025-01-01", "reason": "The register"}
    made = send(lead, "relation-add", customers[1], tie, **{"If-Match": '"1"'})
    assert (made.status_code, made.json()["share"]) == (201, 1250)
    row = PartyRelation.objects.get(pk=made.json()["id"])
    ended = send(lead, "relation-end", row, {"valid_until": "2025-06-30", "reason": "Sold"})
    assert (ended.status_code, ended.json()["valid_until"]) == (201, "2025-06-30")
    row = PartyRelation.objects.get(pk=ended.json()["id"])
    taken = send(lead, "relation-withdraw", row, {"reason": "Not the same one"})
    assert (taken.status_code, taken.json()["id"], bool(taken.json()["withdrawn_at"])) == (200, row.pk, True)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"share": "lots"}, "#/share"), ({"other": "C-9"}, "#/other"), ({"valid_until": "2024-01-01"}, "#/valid_until"),
     ({"kind": "household"}, "#/share"), ({"other": "C-2"}, "#/other"), ({"reason": ""}, "#/reason")],
)  # fmt: skip
def test_the_api_names_what_does_not_hold_of_a_tie(customers, lead, changes, pointer):
    tie = {"other": "C-1", "kind": "owns", "share": "5", "valid_from": "2025-01-01", "reason": "The register"} | changes
    refused = send(lead, "relation-add", customers[1], tie, **{"If-Match": '"1"'})
    assert refused.status_code == 422, refused.content
    assert pointer in {error["pointer"] for error in refused.json()["errors"]}
