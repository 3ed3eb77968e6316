"""Two people at one counterparty in the same moment: one of them is done, the other is told."""

from __future__ import annotations

from typing import Any

import pytest

from finobs.accounts.roles import synchronise
from finobs.ledger.models import Event
from tests import factories
from tests.support.threads import at_once
from transactions.models import Counterparty, CounterpartyResolution, Customer
from transactions.parties.services import counterparty_resolve, counterparty_unresolve

from .test_records_customers import add, person

pytestmark = [pytest.mark.django_db(transaction=True)]
REASON = "The same passport."


@pytest.fixture
def officers(db: None) -> list[Any]:
    synchronise()
    return [factories.user(name, role="compliance") for name in ("One Officer", "Two Officer")]


@pytest.fixture
def counterparty(officers: list[Any], bank: Any) -> Counterparty:
    add(factories.user("feed", role="admin"), bank, person(1), person(2))
    return Counterparty.objects.create(source=bank, external_id="M-1")


def test_one_resolution_stands_and_one_undoing_counts(officers, counterparty):
    customers = Customer.objects.order_by("pk")

    def resolve(who: Any, customer: Customer) -> Any:
        return lambda: counterparty_resolve(actor=who, counterparty=counterparty, customer=customer, reason=REASON)

    acts = [resolve(who, customer) for who, customer in zip(officers, customers, strict=True)]
    assert sorted(at_once(*acts)) == ["conflict", "done"]
    made = CounterpartyResolution.objects.get(withdrawn_at=None)

    def undo(who: Any) -> Any:
        return lambda: counterparty_unresolve(actor=who, resolution=made, reason=REASON)

    assert sorted(at_once(*map(undo, officers))) == ["conflict", "done"]
    assert Event.objects.filter(action="counterparty.resolve").count() == 1
    assert Event.objects.filter(action="counterparty.unresolve").count() == 1
