"""The pages on which a counterparty is resolved, and those that say whom it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finobs.accounts.models import OrgUnitGroupGrant
from tests import factories
from transactions.models import Account, Counterparty, CounterpartyDetails, CounterpartyResolution, Customer
from transactions.parties.resolution_candidates import resolution_candidates
from transactions.parties.services import counterparty_resolve

from .test_customer_pages import page, post
from .test_records_customers import add, person
from .test_records_ties import party

pytestmark = pytest.mark.django_db
REASON = "Frau Ågren showed the card"


@pytest.fixture
def world(service, bank) -> list[Customer]:
    add(service, bank, person(1, name="Ana Ågren"), person(2, name="Berg & Söhne <AB>", kind="organisation"), person(3))
    add(service, bank, party(customer="C-3"), kind="account_party")
    return list(Customer.objects.order_by("external_id"))


@pytest.fixture
def shop(bank) -> Counterparty:
    made = Counterparty.objects.create(source=bank, external_id="M-1")
    CounterpartyDetails.objects.create(counterparty=made, name="ANA AGREN", account_number="A-1")
    return made


def resolved(actor: Any, counterparty: Any, customer: Customer) -> CounterpartyResolution:
    made: CounterpartyResolution = counterparty_resolve(
        actor=actor, counterparty=counterparty, customer=customer, reason=REASON
    )
    return made


def test_suggested_are_who_has_the_name_and_who_has_the_account(world, shop, lead):
    suggested = resolution_candidates(lead, shop)
    assert [(each.customer.external_id, each.why) for each in suggested] == [
        ("C-3", "is holder of our account A-1"), ("C-1", "has the same name"),
    ]  # fmt: skip
    looked_for = resolution_candidates(lead, shop, "berg sohne")
    assert [(each.customer.external_id, each.why) for each in looked_for][2:] == [("C-2", "")]
    assert [each.customer.external_id for each in resolution_candidates(lead, shop, "C-2")][2:] == ["C-2"]
    assert not CounterpartyResolution.objects.exists()


def test_nobody_is_suggested_whom_the_reader_may_not_see_or_who_was_erased(world, shop, stranger, lead):
    assert resolution_candidates(stranger, shop, "Ana") == []
    Customer.objects.update(erased_at=factories.NOON)
    assert resolution_candidates(lead, shop, "Ana") == []


def test_a_counterparty_is_resolved_and_undone_on_its_pages(client, world, shop, lead):
    text = page(client, lead, "counterparty-resolve", shop.pk)
    assert text.count('type="radio"') == 2
    assert "suggested" in text
    assert "Berg" not in text
    text = page(client, lead, "counterparty-resolve", shop.pk, text="berg")
    assert "Berg &amp; Söhne &lt;AB&gt;" in text
    address = reverse("transactions:counterparty-resolve", args=[shop.pk])
    response = client.post(f"{address}?text=berg", {"customer": world[1].pk, "reason": REASON})
    assert response.status_code == 302
    text = page(client, lead, "counterparty-detail", shop.pk)
    assert "Berg &amp; Söhne &lt;AB&gt;" in text
    assert REASON in text
    assert "Leo Lead" in text.split('id="resolution"')[1].split("</section>")[0]
    made = CounterpartyResolution.objects.get()
    post(client, lead, "counterparty-unresolve", made.pk, reason="Not them")
    past = page(client, lead, "counterparty-detail", shop.pk).split('id="resolution"')[1].split("</section>")[0]
    assert re.search(r"Berg &amp; Söhne.*Not them", past, re.DOTALL)
    assert "Not resolved" in past
    assert "Resolve to a customer" in past


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, world, shop, lead):
    text = post(client, lead, "counterparty-resolve", shop.pk, status=422, customer=world[0].pk, reason="x")
    assert "at least 3 characters" in text
    assert re.search(rf'value="{world[0].pk}" checked', text)
    # Somebody who is not offered is looked for first.
    post(client, lead, "counterparty-resolve", shop.pk, status=422, customer=world[1].pk, reason=REASON)
    text = post(client, lead, "counterparty-resolve", shop.pk, status=422, reason=REASON)
    assert REASON in text
    assert not CounterpartyResolution.objects.exists()
    page(client, lead, "counterparty-resolve", shop.pk, text="x" * 201, status=422)
    page(client, lead, "counterparty-resolve", shop.pk, nonsense="1", status=422)


def test_two_at_once_get_a_conflict_that_keeps_the_reason(client, world, shop, lead, admin):
    made = resolved(admin, shop, world[1])
    text = post(client, lead, "counterparty-resolve", shop.pk, status=409, customer=world[0].pk, reason=REASON)
    assert "resolved already" in text
    assert REASON in text
    post(client, lead, "counterparty-unresolve", made.pk, reason=REASON)
    text = post(client, lead, "counterparty-unresolve", made.pk, status=409, reason=REASON)
    assert "undone already" in text


def test_who_only_reads_has_no_buttons_and_no_pages(client, world, shop, analyst, stranger, lead):
    made = resolved(lead, shop, world[0])
    text = page(client, analyst, "counterparty-detail", shop.pk)
    assert "Ana Ågren" in text
    assert "counterparty-unresolve" not in text
    assert reverse("transactions:counterparty-unresolve", args=[made.pk]) not in text
    for address, pk in (("counterparty-resolve", shop.pk), ("counterparty-unresolve", made.pk)):
        page(client, analyst, address, pk, status=403)
        page(client, stranger, address, pk, status=404)


def test_the_list_is_narrowed_to_the_resolved_the_others_and_those_of_one_customer(client, world, shop, bank, lead):
    other = Counterparty.objects.create(source=bank, external_id="M-9")
    resolved(lead, shop, world[0])

    def ids(**query: Any) -> set[str]:
        return set(re.findall(r">(M-\d)<", page(client, lead, "counterparty-list", **query)))

    assert ids() == {shop.external_id, other.external_id}
    assert ids(resolved="true") == {"M-1"}
    assert ids(resolved="false") == {"M-9"}
    assert ids(customer=world[0].pk) == {"M-1"}
    assert ids(customer=world[1].pk) == set()


def test_the_customers_page_leads_to_their_counterparties_with_what_moved(client, world, lead):
    row = factories.transaction(of=Account.objects.get(external_id="A-1"), amount_minor=12_345)
    resolved(lead, row.counterparty, world[0])
    address = reverse("transactions:customer-counterparties", args=[world[0].pk])
    assert address in page(client, lead, "customer-detail", world[0].pk)
    text = page(client, lead, "customer-counterparties", world[0].pk)
    assert "$123.45" in text
    assert "M-1" in text
    before = page(client, lead, "customer-counterparties", world[0].pk, known_at="2020-01-01")
    assert "No counterparty was resolved" in before
    page(client, lead, "customer-counterparties", world[0].pk, known_at="x", status=422)


def test_transactions_say_whom_their_counterparty_is_to_who_may_see_them(client, world, bank, lead, analyst):
    account = Account.objects.get(external_id="A-1")
    row = factories.transaction(of=account)
    pages = [("transaction-detail", row.pk), ("account-activity", account.pk), ("account-detail", account.pk)]
    link = reverse("transactions:customer-detail", args=[world[0].pk])
    for name, pk in pages:
        assert link not in page(client, analyst, name, pk)
    resolved(lead, row.counterparty, world[0])
    for name, pk in pages:
        assert link in page(client, analyst, name, pk), name
    unit = factories.unit("elsewhere")
    Customer.objects.filter(pk=world[0].pk).update(unit=unit)
    OrgUnitGroupGrant.objects.all().delete()
    bank.unit = factories.unit("here")
    bank.save()
    account.unit = bank.unit
    account.save()
    account.transactions.update(unit=bank.unit)
    factories.grant(analyst, "read_data", bank.unit)
    for name, pk in pages:
        assert link not in page(client, analyst, name, pk), name


def test_more_transactions_need_no_more_queries(client, world, bank, lead, analyst):
    account = Account.objects.get(external_id="A-1")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, analyst, "account-activity", account.pk)
        return len(captured)

    def moved(number: int) -> None:
        row = factories.transaction(of=account)
        other = Counterparty.objects.create(source=bank, external_id=f"M-10{number}")
        type(row).objects.filter(pk=row.pk).update(counterparty=other)
        resolved(lead, other, world[number % 3])

    moved(0)
    queries()
    of_one = queries()
    for number in range(1, 8):
        moved(number)
    assert queries() == of_one


def test_the_administration_shows_those_of_which_one_sees_both_sides(client, world, shop, admin, lead):
    made = resolved(lead, shop, world[0])
    client.force_login(admin)
    assert client.get(f"/admin/transactions/counterpartyresolution/{made.pk}/change/").status_code == 200
    OrgUnitGroupGrant.objects.all().delete()
    here = factories.unit("here")
    type(shop.source).objects.filter(pk=shop.source_id).update(unit=here)
    factories.grant(admin, "read_data", here)
    assert client.get("/admin/transactions/counterparty/").content.count(b"M-1") >= 1
    assert b"C-1" not in client.get("/admin/transactions/counterpartyresolution/").content
    assert client.get(f"/admin/transactions/counterpartyresolution/{made.pk}/change/").status_code == 302
