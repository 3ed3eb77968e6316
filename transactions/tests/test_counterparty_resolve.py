"""A counterparty is a customer because somebody said so, until somebody takes it back; and who is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from finobs.accounts.models import OrgUnitGroupGrant
from finobs.core import clock
from finobs.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Counterparty, CounterpartyResolution, Customer
from transactions.parties import resolution_selectors as selectors
from transactions.parties.assertions import standing
from transactions.parties.services import counterparty_resolve, counterparty_unresolve

from .test_records_customers import add, person

pytestmark = pytest.mark.django_db
REASON = "Frau Ågren showed the card"


@pytest.fixture
def customers(service, bank) -> list[Customer]:
    add(service, bank, person(1), person(2))
    return list(Customer.objects.order_by("external_id"))


@pytest.fixture
def shop(bank) -> Counterparty:
    return Counterparty.objects.create(source=bank, external_id="M-1")


def resolve(actor: Any, counterparty: Any, customer: Customer, reason: str = REASON) -> CounterpartyResolution:
    made: CounterpartyResolution = counterparty_resolve(
        actor=actor, counterparty=counterparty, customer=customer, reason=reason
    )
    return made


def unresolve(actor: Any, resolution: CounterpartyResolution, reason: str = REASON) -> Any:
    return counterparty_unresolve(actor=actor, resolution=resolution, reason=reason)


def test_a_counterparty_is_resolved_and_the_event_has_none_of_the_words(customers, shop, lead):
    made = resolve(lead, shop, customers[0])
    assert (made.recorded_by, made.reason, made.withdrawn_at) == (lead, REASON, None)
    assert selectors.resolved_customers(lead, [shop.pk]) == {shop.pk: customers[0]}
    event = Event.objects.get(action="counterparty.resolve")
    body = json.loads(bytes(event.body))
    assert body["data"] | {"reason_digest": ""} == {
        "source": "bank", "party": str(shop.pk), "customer_source": "bank", "customer": "C-1", "reason_digest": "",
    }  # fmt: skip
    assert len(body["data"]["reason_digest"]) == 64
    assert REASON.encode() not in bytes(event.body)


def test_what_was_taken_back_can_be_read_as_of_its_time(customers, shop, lead):
    with clock.at(factories.NOON):
        made = resolve(lead, shop, customers[0])
    with clock.at(factories.NOON.replace(month=4)):
        unresolve(lead, made, "Another Frau Ågren")
        again = resolve(lead, shop, customers[1])
    made.refresh_from_db()
    assert (made.withdrawn_by, made.withdrawal_reason, made.reason) == (lead, "Another Frau Ågren", REASON)
    rows = selectors.resolutions_visible(lead)
    moments = [factories.NOON.replace(month=month, day=day) for month, day in ((2, 1), (3, 15), (4, 15))]
    assert [list(rows.filter(standing(each))) for each in moments] == [[], [made], [again]]
    assert selectors.counterparty_resolutions(lead, shop) == [again, made]
    data = json.loads(bytes(Event.objects.get(action="counterparty.unresolve").body))["data"]
    assert data["customer"] == "C-1"


def test_only_one_stands_and_the_second_who_says_so_is_told(customers, shop, lead):
    made = resolve(lead, shop, customers[0])
    for customer in customers:
        with pytest.raises(Conflict, match="resolved already"):
            resolve(lead, shop, customer)
    unresolve(lead, made)
    with pytest.raises(Conflict, match="undone already"):
        unresolve(lead, made)
    assert CounterpartyResolution.objects.count() == 1
    assert Event.objects.filter(action__startswith="counterparty.").count() == 2


def test_the_database_lets_no_second_one_stand_nor_a_withdrawal_without_who(customers, shop, lead):
    made = resolve(lead, shop, customers[0])
    values = {"counterparty": shop, "customer": customers[1], "reason": "x", "recorded_at": clock.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        CounterpartyResolution.objects.create(**values, recorded_by=lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        CounterpartyResolution.objects.filter(pk=made.pk).update(withdrawn_at=clock.now())


def test_whoever_only_reads_resolves_nobody(customers, shop, lead, analyst, auditor, stranger):
    for who, refusal in ((analyst, NotAllowed), (auditor, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            resolve(who, shop, customers[0])
    made = resolve(lead, shop, customers[0])
    for who, refusal in ((analyst, NotAllowed), (auditor, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            unresolve(who, made)


def test_a_reason_is_asked_for(customers, shop, lead):
    with pytest.raises(Invalid):
        resolve(lead, shop, customers[0], "ok")
    made = resolve(lead, shop, customers[0])
    with pytest.raises(Invalid):
        unresolve(lead, made, "")
    assert selectors.resolved_customers(lead, [shop.pk])


def test_nobody_is_resolved_to_who_was_erased(customers, shop, lead):
    Customer.objects.filter(pk=customers[0].pk).update(erased_at=clock.now())
    with pytest.raises(InvalidTransition, match="erased"):
        resolve(lead, shop, customers[0])


class TestTwoEntities:
    """The counterparty is of the first entity, the customer of the second."""

    @pytest.fixture
    def across(self, service) -> tuple[Counterparty, Customer]:
        OrgUnitGroupGrant.objects.all().delete()
        first, second = (factories.source(slug, unit=factories.unit(slug)) for slug in ("first", "second"))
        for unit in (first.unit, second.unit):
            factories.grant(service, "feed", unit)
            factories.grant(service, "read_data", unit)
        add(service, second, person(1))
        return Counterparty.objects.create(source=first, external_id="M-1"), Customer.objects.get()

    def officer(self, name: str, *units: Any) -> Any:
        made = factories.user(name, role="compliance")
        for unit in units:
            factories.grant(made, "read_data", unit)
        return made

    def test_who_sees_both_resolves_and_who_sees_one_neither_may_nor_is_told(self, across):
        counterparty, customer = across
        of_one = self.officer("One", counterparty.source.unit)
        of_two = self.officer("Two", customer.unit)
        of_both = self.officer("Both", counterparty.source.unit, customer.unit)
        for who in (of_one, of_two):
            with pytest.raises(NotFound):
                resolve(who, counterparty, customer)
        made = resolve(of_both, counterparty, customer)
        for who in (of_one, of_two):
            assert selectors.resolved_customers(who, [counterparty.pk]) == {}
            assert selectors.counterparty_resolutions(who, counterparty) == []
            assert selectors.customer_counterparties(who, customer) == ([], False)
            with pytest.raises(NotFound):
                selectors.resolution_get(who, made.pk)
            with pytest.raises(NotFound):
                unresolve(who, made)
        assert selectors.resolved_customers(of_both, [counterparty.pk]) == {counterparty.pk: customer}

    def test_a_conflict_names_nobody(self, across, service):
        counterparty, customer = across
        resolve(self.officer("Both", counterparty.source.unit, customer.unit), counterparty, customer)
        of_one = self.officer("One", counterparty.source.unit)
        add(service, counterparty.source, person(7))
        own = Customer.objects.get(external_id="C-7")
        with pytest.raises(Conflict) as refusal:
            resolve(of_one, counterparty, own)
        assert customer.name not in refusal.value.detail
        assert customer.external_id not in refusal.value.detail

    def test_the_event_is_the_organisations(self, across, superuser):
        counterparty, customer = across
        resolve(superuser, counterparty, customer)
        assert Event.objects.get(action="counterparty.resolve").unit_id is None

    def test_the_event_of_one_unit_is_that_units(self, across, service, superuser):
        counterparty, _ = across
        add(service, counterparty.source, person(7))
        resolve(superuser, counterparty, Customer.objects.get(external_id="C-7"))
        assert Event.objects.get(action="counterparty.resolve").unit_id == counterparty.source.unit_id


def test_a_customer_of_ten_thousand_counterparties_is_read_in_bounded_queries(customers, bank, lead, monkeypatch):
    def made(number: int) -> None:
        count = Counterparty.objects.count()
        Counterparty.objects.bulk_create(
            [Counterparty(source=bank, external_id=f"M-{count + each}") for each in range(number)]
        )
        new = Counterparty.objects.order_by("-pk")[:number]
        CounterpartyResolution.objects.bulk_create(
            [
                CounterpartyResolution(
                    counterparty=each, customer=customers[0], reason="x", recorded_at=clock.now(), recorded_by=lead
                )
                for each in new
            ]
        )

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            selectors.customer_counterparties(lead, customers[0])
        return len(captured)

    made(2)
    selectors.customer_counterparties(lead, customers[0])
    of_few = queries()
    made(10_000)
    rows, has_more = selectors.customer_counterparties(lead, customers[0])
    assert (len(rows), has_more) == (selectors.MAX_COUNTERPARTIES, True)
    assert queries() == of_few


def test_sums_are_by_currency_and_what_is_too_much_is_not_added_up(customers, bank, lead, monkeypatch):
    account = factories.account(of=bank)
    for currency, minor in (("USD", 100), ("USD", 250), ("EUR", 70)):
        row = factories.transaction(of=account, currency=currency, amount_minor=minor)
    resolve(lead, row.counterparty, customers[0])
    ((only,), _) = selectors.customer_counterparties(lead, customers[0])
    assert only.totals is not None
    assert [(each.currency, each.out, each.count) for each in only.totals.rows] == [("EUR", 70, 1), ("USD", 350, 2)]
    monkeypatch.setattr(selectors, "MAX_SUMMED_ROWS", 2)
    ((only,), _) = selectors.customer_counterparties(lead, customers[0])
    assert only.totals is None
