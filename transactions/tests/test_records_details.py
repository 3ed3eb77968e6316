"""What is known of accounts and counterparties comes in as records do: by API, file, upload; idempotent, with history."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from finobs.accounts.models import OrgUnitGroupGrant
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import event_value, leaf_hash
from tests import factories
from tests.support.clients import signed_in
from transactions.models import (
    Account,
    AccountDetails,
    Batch,
    Counterparty,
    CounterpartyDetails,
    QuarantinedRow,
)
from transactions.records.digests import salted_digest
from transactions.services import account_change, quarantine_correct, quarantine_release

from .test_import_records import run, write
from .test_records_customers import add, statuses

pytestmark = pytest.mark.django_db


def account(number: int = 1, **changes: Any) -> dict[str, Any]:
    given = {
        "external_id": f"A-{number}", "name": f"Household of Ågren {number}", "kind": "current", "currency": "SEK",
        "opened_on": "2020-01-31", "status": "active",
    }  # fmt: skip
    return {name: value for name, value in (given | changes).items() if value is not ...}


def test_accounts_come_in_with_their_details_and_history_and_are_made_where_they_are_missing(service, bank):
    Account.objects.create(source=bank, external_id="A-1")
    result = add(service, bank, account(1), account(2, closed_on="2024-05-01", status="Closed"), kind="account")
    assert statuses(result) == ["accepted", "accepted"]
    first, second = AccountDetails.objects.select_related("account").order_by("account__external_id")
    assert (first.name, first.kind, first.currency, first.opened_on) == (
        "Household of Ågren 1", "current", "SEK", date(2020, 1, 31),
    )  # fmt: skip
    assert (second.status, second.closed_on, second.account.unit_id) == ("closed", date(2024, 5, 1), bank.unit_id)
    assert first.history.get().history_user == service


def test_the_same_again_is_known_another_value_changes_it_and_what_is_left_out_stays(service, bank):
    add(service, bank, account(), kind="account")
    assert statuses(add(service, bank, account(), kind="account")) == ["duplicate"]
    result = add(service, bank, {"external_id": "A-1", "status": "dormant"}, kind="account")
    details = AccountDetails.objects.get()
    assert statuses(result) == ["accepted"]
    assert (details.status, details.name, details.version) == ("dormant", "Household of Ågren 1", 2)
    assert [row.status for row in details.history.order_by("history_id")] == ["active", "dormant"]
    assert statuses(add(service, bank, account(), kind="account")) == ["accepted"]


def test_two_contents_in_one_batch_are_a_conflict_and_the_first_stays(service, bank):
    result = add(service, bank, account(), account(), account(kind="loan"), kind="account")
    assert statuses(result) == ["accepted", "duplicate", "quarantined"]
    assert (result.rows[2].reason, AccountDetails.objects.get().kind) == ("conflict", "current")


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("account", account(kind="shoe"), "word"), ("account", account(currency="XXY"), "currency"),
        ("account", account(closed_on="2019-01-01"), "date"), ("account", account(external_id=""), "missing"),
        ("account", account(opened_on="soon"), "date"), ("account", account(balance="7"), "unknown-field"),
        ("account", account(unit="nowhere"), "reference"), ("account", account(name="x" * 141), "too-long"),
        ("counterparty", {"external_id": "M-1", "country": "Atlantis"}, "country"),
        ("counterparty", {"external_id": "M-1", "kind": "robot"}, "word"),
        ("counterparty", {"external_id": "M-1", "account_number": ["7"]}, "type"),
    ],
)  # fmt: skip
def test_rubbish_is_held_back_and_makes_nothing(service, bank, kind, row, reason):
    result = add(service, bank, row, kind=kind)
    assert (statuses(result), result.rows[0].reason) == (["quarantined"], reason)
    assert QuarantinedRow.objects.get().kind == kind
    assert not AccountDetails.objects.exists()
    assert not CounterpartyDetails.objects.exists()


def test_what_a_row_says_must_fit_what_is_known_already(service, bank):
    add(service, bank, account(), kind="account")
    result = add(service, bank, {"external_id": "A-1", "closed_on": "2019-12-31"}, kind="account")
    assert (statuses(result), result.rows[0].reason) == (["quarantined"], "date")
    row = quarantine_correct(
        actor=service, row=QuarantinedRow.objects.get(), fields={"external_id": "A-1", "closed_on": "2024-12-31"}
    )
    assert quarantine_release(actor=service, row=row, reason="A slip of the year").state == "released"
    assert AccountDetails.objects.get().closed_on == date(2024, 12, 31)


def test_a_new_account_goes_to_the_unit_it_names_within_the_sources_and_none_is_moved_by_a_row(service):
    entity = factories.unit("entity")
    branch, elsewhere = factories.unit("branch", parent=entity), factories.unit("elsewhere")
    source = factories.source(unit=entity)
    rows = [account(1, unit="branch"), account(2), account(3, unit="elsewhere"), account(4, unit="entity")]
    result = add(service, source, *rows, kind="account")
    assert statuses(result) == ["accepted", "accepted", "quarantined", "accepted"]
    units = dict(Account.objects.values_list("external_id", "unit"))
    assert units == {"A-1": branch.pk, "A-2": entity.pk, "A-4": entity.pk}
    again = add(service, source, account(1, unit="branch"), account(2, unit="branch"), kind="account")
    assert (statuses(again), again.rows[1].reason) == (["duplicate", "quarantined"], "conflict")
    assert not Account.objects.filter(unit=elsewhere).exists()


def test_a_feed_says_nothing_of_an_account_that_was_moved_out_of_its_reach(bank):
    OrgUnitGroupGrant.objects.all().delete()
    here, there = factories.unit("here"), factories.unit("there")
    source = factories.source("wires", unit=here)
    feed = factories.user("Fee Feed", role="feed", kind="service")
    factories.grant(feed, "feed", here)
    moved = Account.objects.create(source=source, external_id="A-1", unit=there)
    result = add(feed, source, account(1), account(2), kind="account")
    assert (statuses(result), result.rows[0].reason) == (["quarantined", "accepted"], "reference")
    assert not AccountDetails.objects.filter(account=moved).exists()


def test_counterparties_come_in_the_same_way(service, bank):
    row = {
        "external_id": "M-1",
        "name": "Quincy",
        "kind": "person",
        "country": "se",
        "bank": "X",
        "account_number": "7",
    }
    assert statuses(add(service, bank, row, kind="counterparty")) == ["accepted"]
    assert statuses(add(service, bank, row, kind="counterparty")) == ["duplicate"]
    details = CounterpartyDetails.objects.get()
    assert (details.name, details.country, details.account_number, str(details.counterparty)) == (
        "Quincy", "SE", "7", "M-1",
    )  # fmt: skip
    assert Counterparty.objects.count() == 1


def test_the_event_commits_to_the_details_by_salted_digests_and_names_nobody(service, bank):
    add(service, bank, account(1), kind="account")
    batch = add(service, bank, {"external_id": "A-1", "kind": "loan"}, account(2), kind="account").batch
    body = bytes(Event.objects.filter(action="batch.records").latest("id").body)
    # The history of the batch, in its order, is what the root is over.
    names = ("name", "kind", "currency", "opened_on", "closed_on", "status")
    leaves = []
    for row in AccountDetails.history.filter(history_change_reason=f"Batch {batch.pk}").order_by("history_id"):
        salt = AccountDetails.objects.get(pk=row.account_id).salt
        values = {name: event_value(getattr(row, name)) for name in names}
        content = {"source": "bank", "party": row.account_id, "values": values}
        leaves.append(leaf_hash(salted_digest(salt, content)))
    assert len(leaves) == 2
    assert json.loads(body)["data"]["root"] == merkle.root(leaves).hex()
    assert "Ågren".encode() not in body


def test_a_person_and_a_file_correct_each_other_and_each_is_in_the_history(service, bank, admin):
    add(service, bank, account(), kind="account")
    account_change(actor=admin, details=AccountDetails.objects.get(), kind="savings")
    assert AccountDetails.objects.get().kind == "savings"
    add(service, bank, account(), kind="account")
    details = AccountDetails.objects.get()
    assert [row.kind for row in details.history.order_by("history_id")] == ["current", "savings", "current"]


def test_ten_thousand_come_by_one_request(bank, admin):
    rows = [{"external_id": f"A-{number}", "kind": "card"} for number in range(10_000)]
    response = signed_in(admin).post(
        "/api/v1/accounts", json.dumps({"source": "bank", "accounts": rows}), content_type="application/json",
        headers={"Idempotency-Key": "k-1"},
    )  # fmt: skip
    assert response.status_code == 200, response.content[:200]
    assert response.json()["accepted"] == AccountDetails.objects.count() == 10_000


def test_a_csv_file_with_a_mapping_comes_in_twice_as_once(bank, tmp_path: Path):
    mapping = {
        "external_id": "Konto", "kind": {"column": "Typ", "words": {"L": "loan"}}, "currency": {"value": "SEK"},
        "opened_on": {"column": "Öppnat", "format": "%d.%m.%Y"},
    }  # fmt: skip
    file = write(tmp_path, "Konto;Typ;Öppnat", "17;L;31.01.2024", "18;XX;01.02.2024")
    first = run(file, "account", mapping=json.dumps(mapping))
    again = run(file, "account", mapping=json.dumps(mapping))
    assert (first["accepted"], first["quarantined"], again["duplicate"], again["already_quarantined"]) == (1, 1, 1, 1)
    details = AccountDetails.objects.get()
    assert (details.kind, details.currency, details.opened_on) == ("loan", "SEK", date(2024, 1, 31))


def test_pages_name_the_kind_of_batches_and_of_what_waits(bank, admin, service):
    add(service, bank, account(kind="shoe"), kind="account")
    client, row = signed_in(admin), QuarantinedRow.objects.get()
    assert "Accounts" in client.get(reverse("transactions:batch-detail", args=[row.batch_id])).content.decode()
    assert client.get(reverse("transactions:quarantine-list"), {"kind": "account"}).status_code == 200
    form = client.get(reverse("transactions:quarantine-detail", args=[row.pk])).content.decode()
    assert 'name="opened_on"' in form
    assert b"Accounts" in client.get(reverse("admin:transactions_batch_changelist")).content
    assert Batch.objects.get().get_kind_display() == "Accounts"
