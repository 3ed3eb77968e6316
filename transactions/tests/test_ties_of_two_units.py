"""Whoever reads one unit learns nothing of a customer, or an account, of another by what ties the two."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from finobs.accounts.models import OrgUnitGroupGrant
from finobs.core.errors import NotFound
from finobs.ledger.models import Event
from finobs.ledger.selectors import event_data, event_get, events_visible
from tests import factories
from tests.support.clients import signed_in
from transactions.models import Account, AccountParty, Customer, PartyRelation
from transactions.parties import selectors
from transactions.parties.services import account_party_add, relation_add, relation_end, relation_withdraw
from transactions.services import source_change

from .test_records_customers import add, person
from .test_records_ties import party, relation

pytestmark = pytest.mark.django_db
HIDDEN = ("C-2", "Ana Ågren 2", "A-2")
DAY = date(2024, 1, 1)


class Scene:
    """C-1 with A-1 in one unit, C-2 with A-2 in another: their source moved in between. C-2 owns half of C-1, C-3 all of
    C-2, and C-1 signs for A-2. officer: reads, and resolves in, the first; both: in both."""

    def __init__(self, admin: Any) -> None:
        OrgUnitGroupGrant.objects.all().delete()
        here, there = factories.unit("here"), factories.unit("there")
        self.source = factories.source("feed", unit=here)
        add(admin, self.source, person(1), person(3))
        add(admin, self.source, party("A-1", "C-1"), kind="account_party")
        self.source = source_change(actor=admin, source=self.source, unit=there)
        add(admin, self.source, person(2))
        add(admin, self.source, party("A-2", "C-2"), party("A-2", "C-1", role="signatory"), kind="account_party")
        rows = [
            relation("C-2", "C-1", share="50"),
            relation("C-3", "C-2", share="100"),
            relation("C-1", "C-2", share="5"),
        ]
        add(admin, self.source, *rows, kind="relation")
        self.officer, self.both = (factories.user(name, role="compliance") for name in ("Ona Officer", "Bo Both"))
        for someone, units in ((self.officer, [here]), (self.both, [here, there])):
            for unit in units:
                factories.grant(someone, "read_data", unit)
                factories.grant(someone, "lead", unit)
        self.customer, self.other = (Customer.objects.get(external_id=name) for name in ("C-1", "C-2"))
        self.relation = PartyRelation.objects.get(customer=self.customer)
        self.party = AccountParty.objects.get(customer=self.customer, account__external_id="A-2")


@pytest.fixture
def scene(superuser) -> Scene:
    return Scene(superuser)


def test_lists_trees_and_shares_leave_it_out(scene):
    officer, customer = scene.officer, scene.customer
    assert not selectors.customer_relations(officer, customer).exists()
    assert selectors.ownership_tree(officer, customer).nodes == []
    assert selectors.ownership_tree(officer, customer).is_cut is False
    assert {str(each.account) for each in selectors.customer_accounts(officer, customer)} == {"A-1"}
    both = selectors.ownership_tree(scene.both, customer)
    assert {str(who): share for who, share in both.effective_shares()} == {"C-2": 5000, "C-3": 5000}
    assert selectors.customer_relations(scene.both, customer).count() == 2


@pytest.mark.parametrize("kind", ["page", "relations", "account-parties", "customers", "accounts"])
def test_no_answer_names_it(scene, kind):
    browser = signed_in(scene.officer)
    address = reverse("transactions:customer-detail", args=[scene.customer.pk]) if kind == "page" else f"/api/v1/{kind}"
    response = browser.get(address)
    assert response.status_code == 200
    assert [text for text in HIDDEN if text in response.content.decode()] == []
    own = {"relations": "results", "accounts": "A-1"}.get(kind, "C-1")
    assert own in response.content.decode()


def test_a_tie_itself_is_not_found(scene):
    browser = signed_in(scene.officer)
    for address in (f"relations/{scene.relation.pk}", f"account-parties/{scene.party.pk}"):
        assert browser.get(f"/api/v1/{address}").status_code == 404
        assert signed_in(scene.both).get(f"/api/v1/{address}").status_code == 200
    assert browser.get(reverse("transactions:relation-end", args=[scene.relation.pk])).status_code == 404


def test_the_administration_leaves_it_out(scene):
    for someone, names in ((scene.officer, {"A-1"}), (scene.both, {"A-1", "A-2"})):
        someone.is_staff = True
        someone.save()
        for model in ("partyrelation", "accountparty"):
            text = signed_in(someone).get(reverse(f"admin:transactions_{model}_changelist")).content.decode()
            assert ("C-2" in text) == ("A-2" in names), model
        page = reverse("admin:transactions_partyrelation_change", args=[scene.relation.pk])
        assert (signed_in(someone).get(page).status_code == 200) == ("A-2" in names)


def test_nobody_ends_or_takes_back_what_they_do_not_see(scene):
    with pytest.raises(NotFound):
        relation_end(actor=scene.officer, relation=scene.relation, valid_until=DAY, reason="Sold")
    with pytest.raises(NotFound):
        relation_withdraw(actor=scene.officer, relation=scene.relation, reason="Sold")
    assert relation_withdraw(actor=scene.both, relation=scene.relation, reason="Sold").withdrawn_at


def test_nobody_ties_to_what_they_do_not_see(scene):
    tie = {"customer": scene.customer, "valid_from": DAY, "reason": "The register"}
    with pytest.raises(NotFound):
        relation_add(actor=scene.officer, other=scene.other, kind="controls", **tie)
    account = Account.objects.get(external_id="A-2")
    with pytest.raises(NotFound):
        account_party_add(actor=scene.officer, account=account, role="holder", **tie)


def test_the_events_of_such_a_tie_are_the_organisations_and_say_nothing_to_one_side(scene):
    relation_end(actor=scene.both, relation=scene.relation, valid_until=date(2026, 1, 1), reason="Sold")
    event = Event.objects.get(action="relation.end")
    assert event.unit_id is None
    auditor = factories.user("Ada Auditor", role="auditor")
    for grant in ("read_data", "view"):
        factories.grant(auditor, grant, scene.customer.unit)
    assert not events_visible(auditor).filter(pk=event.pk).exists()
    with pytest.raises(NotFound):
        event_get(auditor, event.uid)
    assert event_data(auditor, event) is None
    own = {"customer": scene.customer, "account": Account.objects.get(external_id="A-1")}
    account_party_add(actor=scene.officer, **own, role="signatory", valid_from=DAY, reason="Signed the form")
    told = Event.objects.get(action="account_party.add")
    assert told.unit_id == scene.customer.unit_id
    assert event_data(auditor, told) is not None


def test_what_both_see_costs_no_condition_to_who_sees_all(superuser, scene):
    assert "WHERE" not in str(selectors.relations_visible(superuser).query)
    assert selectors.relations_visible(superuser).count() == 3
