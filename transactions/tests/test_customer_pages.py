"""The pages of customers: who sees them, what they say, at which time; and what people do there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from finobs.core import clock
from tests import factories
from transactions.choices import IngestMethod
from transactions.models import Account, AccountParty, Customer, CustomerProfile, PartyRelation
from transactions.services import ingest

from .conftest import raw
from .test_records_customers import add, person
from .test_records_ties import party, relation

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(service, bank) -> list[Customer]:
    with clock.at(datetime(2026, 1, 10, tzinfo=UTC)):
        add(
            service, bank, person(1, is_pep="yes", risk_rating="high", aliases="Annie"),
            person(2, kind="organisation", name="Berg & Söhne <AB>", is_sanctioned="1"), person(3),
        )  # fmt: skip
        add(service, bank, party(), party(customer="C-2", role="signatory"), kind="account_party")
        add(service, bank, relation("C-1", "C-2", share="60"), relation("C-3", "C-1", share="50"), kind="relation")
    with clock.at(datetime(2026, 5, 10, tzinfo=UTC)):
        add(service, bank, person(1, valid_from="2025-06-01", name="Ana Newname", is_pep="yes", risk_rating="high"))
    return list(Customer.objects.order_by("external_id"))


def page(client: Any, who: Any, address: str, /, *arguments: Any, status: int = 200, **query: Any) -> str:
    client.force_login(who)
    response = client.get(reverse(f"transactions:{address}", args=arguments), query)
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


def post(client: Any, who: Any, address: str, /, *arguments: Any, status: int = 302, **data: Any) -> str:
    client.force_login(who)
    response = client.post(reverse(f"transactions:{address}", args=arguments), data)
    assert response.status_code == status, response.content[:3000]
    return str(response.content.decode())


def test_the_list_shows_customers_with_their_flags_to_readers_only(client, world, analyst, stranger):
    text = page(client, analyst, "customer-list")
    assert "Ana Newname" in text
    assert "Berg &amp; Söhne &lt;AB&gt;" in text
    assert {"PEP", "Sanctioned", "High"} <= set(re.findall(r">\s*(PEP|Sanctioned|High)\s*<", text))
    assert "Ana Newname" not in page(client, stranger, "customer-list")
    client.logout()
    assert client.get(reverse("transactions:customer-list")).status_code == 302


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"text": "newn"}, {"C-1"}), ({"text": "BERG SOHNE"}, {"C-2"}), ({"text": "C-3"}, {"C-3"}),
        ({"text": "nobody"}, set()), ({"kind": "organisation"}, {"C-2"}), ({"risk_rating": "high"}, {"C-1"}),
        ({"is_pep": "true"}, {"C-1"}), ({"is_sanctioned": "true"}, {"C-2"}), ({"country": "de"}, {"C-1", "C-2", "C-3"}),
        ({"unit": "organisation"}, {"C-1", "C-2", "C-3"}), ({"source": "bank", "segment": "x"}, set()),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_each_filter(client, world, analyst, query, names):
    text = page(client, analyst, "customer-list", **query)
    assert set(re.findall(r"\bC-\d\b", text.split('id="list"')[1])) == names


def test_a_list_without_customers_says_how_they_come_in(client, analyst):
    assert "import_records" in page(client, analyst, "customer-list")


def test_a_customer_is_shown_as_they_stood_and_as_was_known(client, world, analyst):
    pk = world[0].pk
    now = page(client, analyst, "customer-detail", pk)
    assert re.search(r"<dt>Name</dt><dd>Ana Newname", now)
    assert "50\xa0%" in now
    assert "in effect" not in now
    before = page(client, analyst, "customer-detail", pk, as_at="2024-06-01")
    assert re.search(r"<dt>Name</dt><dd>Ana Ågren 1", before)
    unknown = page(client, analyst, "customer-detail", pk, as_at="2026-06-01", known_at="2026-03-01")
    assert re.search(r"<dt>Name</dt><dd>Ana Ågren 1", unknown)
    assert "Nothing was known" in page(client, analyst, "customer-detail", pk, known_at="2025-03-01")
    for query in ({"as_at": "yesterday"}, {"known_at": "x"}, {"as_of": "2026-01-01"}):
        page(client, analyst, "customer-detail", pk, status=422, **query)


def test_owners_are_a_tree_with_what_is_theirs_in_effect(client, world, analyst):
    text = page(client, analyst, "customer-detail", world[1].pk)
    tree = text.split('class="ownership"')[1].split("</ul>")[0]
    assert re.findall(r"depth-(\d)", tree) == ["1", "2"]
    assert "in effect 30\xa0%" in tree


def test_changes_say_who_when_and_what(client, world, analyst):
    text = page(client, analyst, "customer-detail", world[0].pk)
    changes = text.split('id="changes"')[1]
    assert "Name: " in changes
    assert re.search(r'diff-old">Ana Ågren 1</span>\s*<span class="diff-new">Ana Newname', changes)
    assert "feed" in changes


def test_their_transactions_alerts_and_cases_come_as_fragments_of_the_apps_that_own_them(
    client, world, analyst, service, bank, queue
):
    ingest(actor=service, source=bank, rows=[raw(1)], method=IngestMethod.FILE)
    account = Account.objects.get(external_id="A-1")
    case = factories.case(of=account, inside=queue)
    alert = factories.alert(of=account)
    text = page(client, analyst, "customer-detail", world[0].pk)
    for address in (
        reverse("transactions:customer-transactions", args=[world[0].pk]),
        reverse("detection:customer-alerts", args=[world[0].pk]), reverse("cases:customer-cases", args=[world[0].pk]),
    ):  # fmt: skip
        assert f'hx-get="{address}"' in text
        assert client.get(address).status_code == 200
    assert "T-1" in page(client, analyst, "customer-transactions", world[0].pk)
    assert case.reference in client.get(reverse("cases:customer-cases", args=[world[0].pk])).content.decode()
    empty = client.get(reverse("cases:customer-cases", args=[world[2].pk])).content.decode()
    assert case.reference not in empty
    assert "No case that you may see" in empty
    assert alert.pk


def test_an_account_says_who_stands_behind_it(client, world, analyst):
    account = Account.objects.get(external_id="A-1")
    text = page(client, analyst, "account-detail", account.pk)
    assert "Ana Newname" in text
    assert "Signatory" in text
    other = factories.account()
    assert "No customer is tied" in page(client, analyst, "account-detail", other.pk)


def test_strangers_find_no_customer(client, world, stranger):
    for name in ("customer-detail", "customer-transactions", "customer-correct"):
        page(client, stranger, name, world[0].pk, status=404)


def test_a_correction_is_shown_before_it_is_made(client, world, lead):
    customer = world[0]
    form = page(client, lead, "customer-correct", customer.pk)
    assert 'value="Ana Newname"' in form
    typed = {
        "version": customer.version, "valid_from": "2026-02-01", "name": "Ana Right", "risk_rating": "low",
        "aliases": '[{"name": "Annie"}]', "reason": "Seen in her passport",
    }  # fmt: skip
    preview = post(client, lead, "customer-correct", customer.pk, status=200, **typed)
    assert "This would change" in preview
    assert "Ana Right" in preview
    assert CustomerProfile.objects.filter(customer=customer).count() == 2
    post(client, lead, "customer-correct", customer.pk, **typed, confirm="yes")
    customer.refresh_from_db()
    assert (customer.name, customer.risk_rating) == ("Ana Right", "low")
    assert "Seen in her passport" in page(client, lead, "customer-detail", customer.pk)


def test_a_correction_that_does_not_hold_keeps_what_was_typed(client, world, lead):
    customer = world[0]
    typed = {
        "version": customer.version, "valid_from": "2026-02-01", "name": "Ana Right", "country_of_residence": "Elsewhere",
        "reason": "As she says",
    }  # fmt: skip
    for confirm in ({}, {"confirm": "yes"}):
        text = post(client, lead, "customer-correct", customer.pk, status=422, **typed, **confirm)
        assert "no ISO 3166-1 code" in text
        assert 'value="Ana Right"' in text


def test_a_stale_correction_is_refused(client, world, lead):
    customer = world[0]
    typed = {"version": 1, "valid_from": "2026-02-01", "name": "Ana Right", "reason": "As she says", "confirm": "yes"}
    text = post(client, lead, "customer-correct", customer.pk, status=409, **typed)
    assert "changed since you looked" in text
    assert "Ana Right" in text


def test_roles_and_relations_are_added_and_ended_on_the_page(client, world, lead):
    customer = world[2]
    added = {"version": customer.version, "valid_from": "2026-01-01", "reason": "Signed the form"}
    post(client, lead, "account-party-add", customer.pk, **added, account="A-1", role="joint_holder")
    made = AccountParty.objects.get(customer=customer)
    customer.refresh_from_db()
    related = added | {"version": customer.version}
    post(client, lead, "relation-add", customer.pk, **related, kind="owns", other="C-2", share="12.5")
    assert PartyRelation.objects.get(customer=customer, other=world[1]).share == 1250
    assert "Joint holder" in page(client, lead, "customer-detail", customer.pk)
    page(client, lead, "account-party-end", made.pk)
    post(client, lead, "account-party-end", made.pk, valid_until="2026-02-01", reason="Left the account")
    post(client, lead, "account-party-end", made.pk, status=409, valid_until="2026-02-01", reason="Left the account")
    assert AccountParty.objects.filter(customer=customer, withdrawn_at=None).get().valid_until is not None
    made_relation = PartyRelation.objects.get(customer=customer, other=world[1])
    post(client, lead, "relation-end", made_relation.pk, status=422, valid_until="2020-01-01", reason="Sold it")
    post(client, lead, "relation-end", made_relation.pk, valid_until="2026-03-01", reason="Sold it")
    assert PartyRelation.objects.filter(customer=customer, other=world[1]).count() == 2


def test_what_cannot_be_tied_is_said_beside_the_field(client, world, lead):
    customer = world[2]
    added = {"version": customer.version, "valid_from": "2026-01-01", "reason": "Signed the form"}
    text = post(client, lead, "account-party-add", customer.pk, status=422, **added, account="A-9", role="holder")
    assert "no account of that id" in text
    text = post(client, lead, "relation-add", customer.pk, status=422, **added, kind="owns", other="C-2", share="x")
    assert "0 to 100 per cent" in text
    text = post(client, lead, "relation-add", customer.pk, status=422, **added, kind="owns", other="C-3")
    assert "somebody else" in text


def test_analysts_read_and_are_offered_no_change(client, world, analyst):
    text = page(client, analyst, "customer-detail", world[0].pk)
    for word in ("Add a role", "Ask for erasure", ">Correct<", ">End<"):
        assert word not in text
    typed = {"version": 1, "valid_from": "2026-01-01", "reason": "Signed the form", "account": "A-1", "role": "holder"}
    post(client, analyst, "account-party-add", world[0].pk, status=403, **typed)
    post(client, analyst, "customer-correct", world[0].pk, status=403, **typed, name="X", confirm="yes")
    post(client, analyst, "customer-erase", world[0].pk, status=403, version=1, reason="Signed the form")


def test_the_queries_of_a_customers_page_do_not_grow_with_what_hangs_on_them(
    client, world, analyst, service, bank, django_assert_max_num_queries
):
    add(service, bank, *(party(f"B-{number}") for number in range(30)), kind="account_party")
    add(service, bank, *(person(1, valid_from=f"2025-07-{day:02}", segment=f"s{day}") for day in range(1, 20)))
    client.force_login(analyst)
    with django_assert_max_num_queries(35):
        client.get(reverse("transactions:customer-detail", args=[world[0].pk]))
    with django_assert_max_num_queries(20):
        client.get(reverse("transactions:customer-list"))


def test_pages_hold_no_inline_style_or_script(client, world, lead):
    for text in (
        page(client, lead, "customer-detail", world[0].pk), page(client, lead, "customer-list"),
        page(client, lead, "customer-correct", world[0].pk),
    ):  # fmt: skip
        assert not re.search(r"\sstyle=|<script(?![^>]*\ssrc=)(?![^>]*application/json)|\son[a-z]+=", text)
