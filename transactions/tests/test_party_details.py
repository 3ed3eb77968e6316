"""What is known of accounts and counterparties: filled from rows, changed by people, shown, and told in the ledger."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finobs.core.errors import Invalid, NotAllowed, Stale
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import signed_in
from transactions.choices import IngestMethod
from transactions.models import Account, AccountDetails, Counterparty, CounterpartyDetails
from transactions.services import account_change, counterparty_change, ingest

from .conftest import raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(bank) -> Account:
    return factories.account("A-1", of=bank)


@pytest.fixture
def counterparty(bank) -> Counterparty:
    return Counterparty.objects.create(source=bank, external_id="M-1")


def of_account(account: Account) -> AccountDetails:
    return AccountDetails.objects.filter(pk=account.pk).first() or AccountDetails(account=account)


def of_counterparty(party: Counterparty) -> CounterpartyDetails:
    return CounterpartyDetails.objects.filter(pk=party.pk).first() or CounterpartyDetails(counterparty=party)


def take(actor: Any, bank: Any, *rows: Any) -> Any:
    return ingest(actor=actor, source=bank, rows=list(rows), method=IngestMethod.REST)


def body_of(action: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(Event.objects.filter(action=action).latest("id").body))
    return found


def test_an_account_says_what_kind_it_is_with_history_and_event(admin, account):
    details = account_change(
        actor=admin, details=of_account(account), name="Household", kind="current", currency="eur",
        opened_on=date(2020, 1, 31), status="active", reason="From the core system.",
    )  # fmt: skip
    stored = AccountDetails.objects.get(account=account)
    assert (stored.name, stored.kind, stored.currency, stored.status) == ("Household", "current", "EUR", "active")
    assert (stored.opened_on, stored.closed_on, stored.version) == (date(2020, 1, 31), None, details.version)
    body = body_of("account.change")
    assert body["changes"]["kind"] == ["", "current"]
    assert body["changes"]["opened_on"] == [None, "2020-01-31"]
    assert list(body["changes"]["name"][1]) == ["hmac_sha256"]
    assert body["data"] == {"source": "bank", "party": str(account.pk), "reason": "From the core system."}
    assert b"Household" not in b"".join(bytes(each) for each in Event.objects.values_list("body", flat=True))
    account_change(actor=admin, details=of_account(account), version=stored.version, status="blocked")
    assert body_of("account.change")["changes"] == {"status": ["active", "blocked"]}
    assert [past.status for past in stored.history.all()] == ["blocked", "active", ""]


def test_a_counterparty_says_who_it_is_and_the_ledger_says_no_name(admin, counterparty):
    counterparty_change(
        actor=admin, details=of_counterparty(counterparty), name="Ann Doe", kind="person", country="de", bank="Sparkasse Musterstadt",
        account_number="DE89 3704 0044 0532 0130 00",
    )  # fmt: skip
    stored = CounterpartyDetails.objects.get()
    assert (stored.country, stored.account_number) == ("DE", "DE89370400440532013000")
    body = body_of("counterparty.change")
    assert body["changes"]["country"] == ["", "DE"]
    assert all(list(body["changes"][name][1]) == ["hmac_sha256"] for name in ("name", "bank", "account_number"))
    text = bytes(Event.objects.latest("id").body).decode()
    assert not [each for each in ("Ann", "Sparkasse", "3704") if each in text]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"currency": "XYZ"}, "currency"), ({"kind": "jar"}, "kind"), ({"status": "lost"}, "status"), ({"colour": "red"}, "colour"),
        ({"name": "a\u200bb"}, "name"), ({"name": "x" * 141}, "name"),
        ({"opened_on": date(2020, 1, 2), "closed_on": date(2020, 1, 1)}, "closed_on"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_of_an_account_is_refused_and_changes_nothing(admin, account, fields, name):
    with pytest.raises(Invalid) as refused:
        account_change(actor=admin, details=of_account(account), **fields)
    assert list(refused.value.fields) == [name]


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"country": "XX"}, "country"), ({"kind": "ghost"}, "kind"), ({"account_number": "1.2E+14"}, "account_number"), ({"bank": "\u202e"}, "bank")],
)  # fmt: skip
def test_what_makes_no_sense_of_a_counterparty_is_refused(admin, counterparty, fields, name):
    with pytest.raises(Invalid) as refused:
        counterparty_change(actor=admin, details=of_counterparty(counterparty), **fields)
    assert list(refused.value.fields) == [name]


def test_who_may_only_read_changes_nothing_and_who_saw_another_state_neither(admin, analyst, account, counterparty):
    pairs: Any = ((account_change, of_account(account)), (counterparty_change, of_counterparty(counterparty)))
    for act, details in pairs:
        party = {"details": details}
        with pytest.raises(NotAllowed):
            act(actor=analyst, **party, name="Mine")
        first = act(actor=admin, **party, name="One")
        with pytest.raises(Stale):
            act(actor=admin, **party, name="Two", version=first.version - 1)
        act(actor=admin, **party, name="Two", version=first.version)


# -- Filled from rows

SAID = {
    "counterparty_name": "Müller GmbH",
    "counterparty_account": "DE11",
    "counterparty_bank": "XXXXDEFF",
    "counterparty_country": "DE",
}


def test_a_row_fills_what_nothing_is_known_of(admin, bank):
    take(admin, bank, raw(1, **SAID), raw(2, counterparty="M-2"))
    details = CounterpartyDetails.objects.get()
    assert (details.counterparty.external_id, details.name, details.account_number) == ("M-1", "Müller GmbH", "DE11")
    assert (details.bank, details.country, details.kind) == ("XXXXDEFF", "DE", "unknown")
    assert [past.history_user for past in details.history.all()] == [admin]


def test_the_first_value_stays_and_another_one_later_fills_only_what_is_empty(admin, bank):
    take(admin, bank, raw(1, counterparty_name="Müller GmbH"), raw(2, counterparty_name="Meier AG"))
    take(admin, bank, raw(3, counterparty_name="Meier AG", counterparty_country="FR"))
    details = CounterpartyDetails.objects.get()
    assert (details.name, details.country, details.history.count()) == ("Müller GmbH", "FR", 2)
    take(admin, bank, raw(4, counterparty_name="Schulze", counterparty_country="IT"))
    assert CounterpartyDetails.objects.get().version == details.version


def test_a_row_does_not_undo_what_people_said(admin, bank, counterparty):
    counterparty_change(actor=admin, details=of_counterparty(counterparty), name="Ann Doe")
    take(admin, bank, raw(1, **SAID))
    details = CounterpartyDetails.objects.get()
    assert (details.name, details.bank) == ("Ann Doe", "XXXXDEFF")


def test_rows_that_say_nothing_of_counterparties_ask_nothing_of_their_details(admin, bank):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        take(admin, bank, raw(1, method="card", balance_after="5"))
    assert not [each for each in queries if "counterpartydetails" in each["sql"] or "paymentparties" in each["sql"]]


def test_a_name_without_a_counterparty_stays_with_its_transaction(admin, bank):
    take(admin, bank, raw(1, counterparty="", **SAID))
    assert not CounterpartyDetails.objects.exists()


# -- Pages and API


def test_the_list_of_counterparties_is_narrowed_by_what_is_known(admin, bank, analyst):
    take(admin, bank, raw(1, **SAID), raw(2, counterparty="M-2", counterparty_country="FR"), raw(3, counterparty="M-3"))
    browser = signed_in(analyst)

    def ids(query: str) -> set[str]:
        return {row["external_id"] for row in browser.get(f"/api/v1/counterparties?{query}").json()["results"]}

    assert ids("") == {"M-1", "M-2", "M-3"}
    assert ids("text=müller") == ids("text=M-1") == ids("country=de") == {"M-1"}
    assert ids("country=FR") == {"M-2"}
    assert ids("kind=unknown") == {"M-1", "M-2"}
    assert ids("kind=person") == ids("text=nobody") == ids("text=M-") == set()
    page = browser.get(reverse("transactions:counterparty-list"), {"text": "Müller"}).content.decode()
    assert "Müller GmbH" in page
    assert "M-2" not in page


def test_the_page_of_a_counterparty_shows_its_names_and_transactions(admin, bank, analyst):
    take(admin, bank, raw(1, **SAID), raw(2, counterparty_name="Muller"), raw(3, counterparty_name="Muller"))
    party = Counterparty.objects.get()
    page = signed_in(analyst).get(reverse("transactions:counterparty-detail", args=[party.pk])).content.decode()
    for text in ("Müller GmbH", "Muller (2)", "XXXXDEFF", "T-1", "T-3"):
        assert text in page
    assert f"counterparties/{party.pk}/details/" not in page
    assert (
        f"counterparties/{party.pk}/details/"
        in signed_in(admin).get(reverse("transactions:counterparty-detail", args=[party.pk])).content.decode()
    )


@pytest.mark.parametrize("kind", ["account", "counterparty"])
def test_a_form_changes_what_is_known_and_a_stale_one_loses_nothing(admin, analyst, kind, request):
    party = request.getfixturevalue(kind)
    url, browser = reverse(f"transactions:{kind}-change", args=[party.pk]), signed_in(admin)
    assert browser.get(url).status_code == 200
    form = {"name": "Haus und Hof", "kind": "current" if kind == "account" else "person", "version": "1"}
    assert browser.post(url, form).status_code == 302
    party.refresh_from_db()
    assert party.details.name == "Haus und Hof"
    stale = browser.post(url, form | {"name": "Another"})
    assert stale.status_code == 409
    assert "Another" in stale.content.decode()
    wrong = browser.post(url, form | {"version": party.details.version, "name": "x" * 200})
    assert wrong.status_code == 422
    assert signed_in(analyst).post(url, form).status_code == 403


def test_an_administrator_changes_details_in_the_back_office(superuser, account):
    account_change(actor=superuser, details=of_account(account), name="Household")
    browser, details = signed_in(superuser), AccountDetails.objects.get()
    url = reverse("admin:transactions_accountdetails_change", args=[details.pk])
    assert "Household" in browser.get(url).content.decode()
    form = {
        "name": "Household 2",
        "kind": "savings",
        "currency": "",
        "status": "",
        "opened_on": "",
        "closed_on": "",
        "version": details.version,
    }
    assert browser.post(url, form).status_code == 302
    details.refresh_from_db()
    assert (details.name, details.kind) == ("Household 2", "savings")


def test_the_api_of_an_account_says_what_is_known(admin, account, analyst):
    account_change(actor=admin, details=of_account(account), name="Household", kind="loan", closed_on=date(2026, 1, 1))
    (row,) = signed_in(analyst).get("/api/v1/accounts?kind=loan").json()["results"]
    assert (row["name"], row["kind"], row["closed_on"], row["status"]) == ("Household", "loan", "2026-01-01", "")
    assert signed_in(analyst).get("/api/v1/accounts?status=closed").json()["results"] == []
