"""What is known of many accounts and counterparties comes in at once, whole or not at all."""

from __future__ import annotations

import json

import pytest

from finobs.core.errors import Invalid, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Account, AccountDetails, Counterparty, CounterpartyDetails
from transactions.services import account_change, account_details_load, counterparty_details_load

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(admin):
    return factories.source("bank")


@pytest.fixture
def accounts(source):
    return [Account.objects.create(source=source, external_id=f"A-{number}") for number in range(3)]


def load(admin, source, **more):
    statements = {
        f"A-{number}": {"kind": "current", "currency": "eur", "name": f"Name {number}"} for number in range(3)
    }
    return account_details_load(actor=admin, source=source, statements=statements | more, reason="Master data")


def test_details_of_accounts_are_there_with_their_history_and_an_event_each(admin, source, accounts):
    assert load(admin, source) == 3
    details = AccountDetails.objects.get(account=accounts[1])
    assert (details.kind, details.currency, details.name) == ("current", "EUR", "Name 1")
    assert details.history.count() == 2
    events = Event.objects.filter(action="account.change")
    assert events.count() == 3
    body = json.loads(bytes(events.order_by("pk")[1].body))
    assert body["changes"]["kind"] == ["", "current"]
    assert "Name 1" not in bytes(events.order_by("pk")[1].body).decode()


def test_what_is_so_already_is_not_said_again(admin, source, accounts):
    load(admin, source)
    versions = list(AccountDetails.objects.order_by("pk").values_list("version", flat=True))
    assert load(admin, source) == 0
    assert list(AccountDetails.objects.order_by("pk").values_list("version", flat=True)) == versions
    assert Event.objects.filter(action="account.change").count() == 3


def test_details_that_a_person_changed_are_changed_and_not_made_anew(admin, source, accounts):
    account_change(actor=admin, details=AccountDetails(account=accounts[0]), status="blocked")
    assert load(admin, source) == 3
    details = AccountDetails.objects.get(account=accounts[0])
    assert (details.status, details.kind) == ("blocked", "current")


@pytest.mark.parametrize(
    "wrong", [{"A-1": {"currency": "XYZ"}}, {"A-1": {"colour": "red"}}, {"A-9": {}}, {"A-1": {"kind": "none"}}]
)
def test_one_that_does_not_hold_leaves_all_as_they_were(admin, source, accounts, wrong):
    with pytest.raises(Invalid):
        load(admin, source, **wrong)
    assert not AccountDetails.objects.exists()
    assert not Event.objects.filter(action="account.change").exists()


def test_counterparties_are_completed_and_keep_what_was_known(admin, source):
    other = Counterparty.objects.create(source=source, external_id="SHOP-1")
    CounterpartyDetails.objects.bulk_create([CounterpartyDetails(counterparty=other, country="DE")])
    statements = {"SHOP-1": {"kind": "merchant", "name": "Corner Basket"}}
    assert counterparty_details_load(actor=admin, source=source, statements=statements) == 1
    details = CounterpartyDetails.objects.get(counterparty=other)
    assert (details.kind, details.name, details.country) == ("merchant", "Corner Basket", "DE")
    assert Event.objects.filter(action="counterparty.change").count() == 1


def test_only_those_who_feed_the_source_may(auditor, stranger, source, accounts):
    for user in (auditor, stranger):
        with pytest.raises((NotAllowed, NotFound)):
            load(user, source)
    assert not AccountDetails.objects.exists()
