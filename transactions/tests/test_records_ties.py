"""Parties of accounts and relations come in as records do, and are read as they stood and as was known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from finobs.core import clock
from transactions.models import Account, AccountParty, Customer, PartyRelation, QuarantinedRow
from transactions.parties import selectors
from transactions.services import quarantine_release

from .test_records_customers import add, person, statuses

pytestmark = pytest.mark.django_db
JANUARY, JUNE = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 6, 10, tzinfo=UTC)


def party(account: str = "A-1", customer: str = "C-1", **changes: Any) -> dict[str, Any]:
    return {"account": account, "customer": customer, "role": "holder", "valid_from": "2024-01-01"} | changes


def relation(customer: str = "C-1", other: str = "C-2", **changes: Any) -> dict[str, Any]:
    return {"customer": customer, "other": other, "kind": "owns", "share": "25", "valid_from": "2024-01-01"} | changes


@pytest.fixture
def customers(service, bank) -> list[Customer]:
    add(service, bank, *(person(number) for number in range(1, 6)))
    return list(Customer.objects.order_by("external_id"))


def test_a_party_ties_a_customer_to_an_account_that_is_made_where_there_is_none(service, bank, customers, analyst):
    result = add(service, bank, party(), party(customer="C-2", role="Joint holder"), kind="account_party")
    assert statuses(result) == ["accepted", "accepted"]
    account = Account.objects.get(external_id="A-1")
    assert account.unit_id == bank.unit_id
    assert [str(each.customer) for each in selectors.account_parties(analyst, account)] == ["C-1", "C-2"]
    assert [each.account for each in selectors.customer_accounts(analyst, customers[0])] == [account]


def test_the_same_again_is_known_and_another_end_corrects_what_stood(service, bank, customers, analyst):
    account_of = selectors.account_parties
    with clock.at(JANUARY):
        add(service, bank, party(), kind="account_party")
        assert statuses(add(service, bank, party(), party(), kind="account_party")) == ["duplicate", "duplicate"]
    with clock.at(JUNE):
        assert statuses(add(service, bank, party(valid_until="2026-03-31"), kind="account_party")) == ["accepted"]
        assert statuses(add(service, bank, party(), kind="account_party")) == ["duplicate"]
    first, second = AccountParty.objects.order_by("pk")
    assert (first.withdrawn_at, second.withdrawn_at) == (JUNE, None)
    account = Account.objects.get()
    april, february = date(2026, 4, 1), date(2026, 2, 1)
    assert [*account_of(analyst, account, april, JUNE)] == []
    assert [*account_of(analyst, account, april, datetime(2026, 5, 1, tzinfo=UTC))] == [first]
    assert [*account_of(analyst, account, february, JUNE)] == [second]
    assert [*account_of(analyst, account, date(2026, 3, 31), JUNE)] == [second]
    assert [*account_of(analyst, account, february, datetime(2025, 1, 1, tzinfo=UTC))] == []
    assert [*account_of(analyst, account, date(2023, 1, 1), JUNE)] == []


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("account_party", party(customer="C-9"), "reference"), ("account_party", party(role="friend"), "word"),
        ("account_party", party(valid_until="2023-01-01"), "date"), ("account_party", party(account=""), "missing"),
        ("account_party", party(valid_from=""), "missing"), ("account_party", party(share="1"), "unknown-field"),
        ("relation", relation(other="C-9"), "reference"), ("relation", relation(other="C-1"), "reference"),
        ("relation", relation(share="101"), "amount"), ("relation", relation(share="12.345"), "amount"),
        ("relation", relation(share="NaN"), "missing"), ("relation", relation(kind="likes"), "word"),
        ("relation", relation(kind="household"), "word"), ("relation", relation(valid_from="soon"), "date"),
    ],
)  # fmt: skip
def test_rubbish_of_each_kind_is_held_back(service, bank, customers, kind, row, reason):
    result = add(service, bank, row, kind=kind)
    if reason == "missing" and row.get("share") == "NaN":
        # A word for nothing: the share is not said.
        assert (statuses(result), PartyRelation.objects.get().share) == (["accepted"], None)
        return
    assert (statuses(result), result.rows[0].reason) == (["quarantined"], reason)
    assert QuarantinedRow.objects.get().kind == kind


def test_a_tie_to_somebody_who_comes_later_waits_and_is_released(service, bank, customers):
    add(service, bank, relation(other="C-9"), kind="relation")
    add(service, bank, person(9))
    row = quarantine_release(actor=service, row=QuarantinedRow.objects.get(), reason="The customer is in now")
    assert row.state == "released"
    assert str(PartyRelation.objects.get().other) == "C-9"


def test_a_share_is_stored_in_basis_points_and_another_share_corrects_it(service, bank, customers):
    add(service, bank, relation(share="12.5 %"), kind="relation")
    result = add(service, bank, relation(share="30"), relation(share="40"), kind="relation")
    assert statuses(result) == ["accepted", "quarantined"]
    assert [*PartyRelation.objects.filter(withdrawn_at=None).values_list("share", flat=True)] == [3000]
    assert PartyRelation.objects.count() == 2


def test_each_tie_has_a_digest_of_its_own(service, bank, customers):
    add(service, bank, relation(), relation(other="C-3"), relation(customer="C-2", other="C-3"), kind="relation")
    assert len({bytes(each.digest) for each in PartyRelation.objects.all()}) == 3


def test_owners_of_owners_own_a_share_of_a_share_and_ways_add_up(service, bank, customers, analyst):
    add(
        service, bank, relation("C-2", "C-1", share="50"), relation("C-3", "C-1", share="50"),
        relation("C-4", "C-2", share="60"), relation("C-4", "C-3", share="20"), kind="relation",
    )  # fmt: skip
    tree = selectors.ownership_tree(analyst, customers[0])
    assert {(str(node.customer), node.depth, node.effective_share) for node in tree.nodes} == {
        ("C-2", 1, 5000), ("C-3", 1, 5000), ("C-4", 2, 3000), ("C-4", 2, 1000),
    }  # fmt: skip
    assert [(str(who), share) for who, share in tree.effective_shares()] == [
        ("C-2", 5000), ("C-3", 5000), ("C-4", 4000),
    ]  # fmt: skip


def test_a_circle_of_owners_is_cut_where_it_closes(service, bank, customers, analyst):
    add(
        service, bank, relation("C-2", "C-1", share="100"), relation("C-3", "C-2", share="100"),
        relation("C-2", "C-3", share="50"), relation("C-1", "C-3", share="50"), kind="relation",
    )  # fmt: skip
    tree = selectors.ownership_tree(analyst, customers[0])
    assert [(str(node.customer), node.depth, node.is_cut) for node in tree.nodes] == [
        ("C-2", 1, False), ("C-3", 2, False), ("C-2", 3, True), ("C-1", 3, True),
    ]  # fmt: skip
    assert {str(who): share for who, share in tree.effective_shares()} == {"C-2": 10_000, "C-3": 10_000}


def test_an_owner_of_an_unknown_share_is_named_without_one(service, bank, customers, analyst):
    add(service, bank, relation("C-2", "C-1", share=""), relation("C-3", "C-2", share="10"), kind="relation")
    tree = selectors.ownership_tree(analyst, customers[0])
    assert [(str(node.customer), node.effective_share) for node in tree.nodes] == [("C-2", None), ("C-3", None)]


def test_a_deep_chain_is_cut_and_says_so(service, bank, analyst):
    add(service, bank, *(person(number) for number in range(1, 15)))
    chain = [relation(f"C-{number + 1}", f"C-{number}", share="100") for number in range(1, 14)]
    add(service, bank, *chain, kind="relation")
    tree = selectors.ownership_tree(analyst, Customer.objects.get(external_id="C-1"))
    assert (len(tree.nodes), tree.is_cut, tree.nodes[-1].is_cut) == (8, True, True)


def test_strangers_see_none_of_it(service, bank, customers, stranger):
    add(service, bank, party(), kind="account_party")
    add(service, bank, relation(), kind="relation")
    assert not selectors.customers_visible(stranger).exists()
    assert not selectors.account_parties_visible(stranger).exists()
    assert not selectors.relations_visible(stranger).exists()
    assert selectors.customer_profile(stranger, customers[0]).assertion is None
