"""What comes in beyond the fields of every feed: stored, known again, corrected in the quarantine, shown and filtered."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finobs.core.errors import Invalid
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import signed_in
from transactions import mappings
from transactions.choices import IngestMethod, RowStatus
from transactions.files import open_rows
from transactions.models import PaymentParties, QuarantinedRow, Source, Transaction
from transactions.row_validation import RawRow, RowReader
from transactions.services import (
    ingest,
    quarantine_correct,
    quarantine_release,
    source_change,
    source_create,
)

from .conftest import fields, raw

pytestmark = pytest.mark.django_db
ATTRIBUTES = {
    "mcc": {"type": "code", "label": "Merchant category", "filter": True},
    "risk": {"type": "number", "filter": True},
    "opened": {"type": "date", "filter": True},
    "is_new": "boolean",
}
PARTIES = {"originator_name": "Ann Doe", "originator_country": "DE", "counterparty_name": "Müller GmbH"}
FULL: dict[str, Any] = {
    "method": "wire", "counterparty_country": "FR", "balance_after": "-12.34",
    "attributes": {"mcc": "5411", "risk": "0.7", "opened": "2026-01-02", "is_new": "yes"}, **PARTIES,
}  # fmt: skip


@pytest.fixture
def shop(admin) -> Source:
    return source_create(actor=admin, slug="shop", default_currency="USD", attributes=ATTRIBUTES)


def take(actor: Any, source: Source, *rows: RawRow) -> Any:
    return ingest(actor=actor, source=source, rows=list(rows), method=IngestMethod.REST)


def test_what_a_row_says_is_stored_as_it_was_read(admin, shop):
    take(admin, shop, raw(1, **FULL), raw(2))
    full, plain = Transaction.objects.order_by("external_id")
    assert (full.method, full.counterparty_country, full.balance_after_minor) == ("wire", "FR", -1234)
    assert full.attributes == {"mcc": "5411", "risk": 0.7, "opened": "2026-01-02", "is_new": True}
    assert full.payment_parties.originator == {"name": "Ann Doe", "country": "DE"}
    assert (full.payment_parties.beneficiary, full.payment_parties.counterparty) == ({}, {"name": "Müller GmbH"})
    assert (plain.method, plain.counterparty_country, plain.balance_after_minor, plain.attributes) == (
        "",
        "",
        None,
        None,
    )
    assert PaymentParties.objects.count() == 1


def test_many_rows_are_stored_as_few_are(admin, shop):
    take(admin, shop, *[raw(n, **FULL | {"balance_after": f"{n}.00"}) for n in range(100)])
    row = Transaction.objects.get(external_id="T-77")
    assert (row.balance_after_minor, row.attributes["risk"], row.payment_parties.originator["name"]) == (  # type: ignore[index]
        7700, 0.7, "Ann Doe",
    )  # fmt: skip


def test_the_assessor_sees_attributes_as_values(admin, shop, monkeypatch):
    from transactions import hooks

    seen: list[Any] = []

    def assess(*, transactions: Any, **_: Any) -> Any:
        seen.extend(each.attributes for each in transactions)
        return [hooks.AssessmentResult(each.pk, "approve") for each in transactions]

    monkeypatch.setattr(hooks, "_assessor", assess)
    take(admin, shop, raw(1, **FULL), raw(2))
    assert seen == [{"mcc": "5411", "risk": 0.7, "opened": "2026-01-02", "is_new": True}, None]


def test_the_same_row_again_is_known_and_another_name_is_a_conflict(admin, shop):
    take(admin, shop, raw(1, **FULL))
    again = take(admin, shop, raw(1, **FULL), raw(1, **FULL | {"originator_name": "Bob Roe"}), raw(1))
    assert [row.status for row in again.rows] == [RowStatus.DUPLICATE, RowStatus.QUARANTINED, RowStatus.QUARANTINED]
    assert [row.reason for row in again.rows] == ["", "conflict", "conflict"]
    twice = take(admin, shop, raw(2, **FULL), raw(2, **FULL), raw(2, **FULL | {"originator_name": "Bob Roe"}))
    assert [row.status for row in twice.rows] == [RowStatus.ACCEPTED, RowStatus.DUPLICATE, RowStatus.QUARANTINED]


def test_a_row_that_was_in_before_the_upgrade_is_known(admin, bank):
    take(admin, bank, raw(1))
    row = Transaction.objects.get()
    assert bytes(row.digest).hex() == "d512613cee93a8ac494aab9830db39fdf71e3e434367635ceaffd5502f020fa3"
    assert take(admin, bank, raw(1, method="", originator_name="")).rows[0].status == RowStatus.DUPLICATE


def test_no_event_holds_who_pays_whom(admin, shop):
    take(admin, shop, raw(1, **FULL), raw(2, originator_name="Ann Doe", method="barter"))
    row = QuarantinedRow.objects.get()
    quarantine_correct(actor=admin, row=row, fields={**row.fields, "originator_name": "Bob Roe"})
    for body in Event.objects.values_list("body", flat=True):
        assert not [name for name in ("Ann", "Roe", "ller GmbH") if name.encode() in bytes(body)]


def test_a_guessed_name_is_not_confirmed_by_any_digest(admin, shop):
    """Whoever knows all the rest of the row, and tries names, finds none that fits without the salt."""
    take(admin, shop, raw(1, **FULL))
    row = Transaction.objects.get()
    guess = RowReader.of(shop, row.received_at).read(raw(1, **FULL))
    assert guess.digest != bytes(row.digest)
    assert guess.is_same(bytes(row.digest), bytes(row.payment_parties.salt))
    PaymentParties.objects.all().delete()
    assert not guess.is_same(bytes(row.digest), None)


def test_a_bad_attribute_waits_in_quarantine_and_is_released_when_it_is_corrected(admin, shop):
    result = take(admin, shop, raw(1, attributes={"mcc": "5411", "risk": "high"}))
    assert result.rows[0].reason == "attribute"
    row = QuarantinedRow.objects.get()
    assert (row.fields["attributes.mcc"], row.fields["attributes.risk"]) == ("5411", "high")
    page = signed_in(admin).get(reverse("transactions:quarantine-detail", args=[row.pk])).content.decode()
    assert "Merchant category" in page
    assert 'name="attributes.risk"' in page
    row = quarantine_correct(actor=admin, row=row, fields=row.fields | {"attributes.risk": "0.9"})
    event = json.loads(bytes(Event.objects.filter(action="quarantine.correct").get().body))
    assert event["data"]["changed"] == ["attributes.risk"]
    with pytest.raises(Invalid, match=r"attributes\.colour"):
        quarantine_correct(actor=admin, row=row, fields=row.fields | {"attributes.colour": "red"})
    quarantine_release(actor=admin, row=row, reason="The bank said so.")
    assert Transaction.objects.get().attributes == {"mcc": "5411", "risk": 0.9}


def test_the_form_of_a_correction_has_further_fields_where_the_row_has_them(admin, shop):
    take(admin, shop, raw(1, method="barter"), raw(2, amount="x"))
    first, second = QuarantinedRow.objects.order_by("external_id")
    browser = signed_in(admin)
    page = browser.get(reverse("transactions:quarantine-detail", args=[first.pk])).content.decode()
    assert 'name="method"' in page
    assert (
        'name="method"' not in browser.get(reverse("transactions:quarantine-detail", args=[second.pk])).content.decode()
    )
    form = {**fields(1), "method": "wire", "version": first.version, "attributes.mcc": "77"}
    assert browser.post(reverse("transactions:quarantine-correct", args=[first.pk]), form).status_code == 302
    first.refresh_from_db()
    assert (first.fields["method"], first.fields["attributes.mcc"]) == ("wire", "77")


def test_quarantined_rows_go_out_and_come_in_again_with_their_attributes(admin, shop):
    take(admin, shop, raw(1, attributes={"mcc": "5411", "risk": "high"}, method="wire"))
    browser = signed_in(admin)
    content = b"".join(browser.get(reverse("transactions:quarantine-file")))
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert (row["attributes.risk"], row["method"], row["attributes.opened"]) == ("high", "wire", "")
    corrected = content.replace(b"high", b"0.25")
    file = open_rows(io.BytesIO(corrected), "q.csv", mappings.resolve("finobs")[0].for_source(shop.attributes))
    take(admin, shop, *file.rows)
    assert Transaction.objects.get().attributes == {"mcc": "5411", "risk": 0.25}
    assert QuarantinedRow.objects.get().state == "superseded"


# -- Files


def rows_of(content: str, mapping: dict[str, Any] | str, attributes: dict[str, Any]) -> Any:
    reference = mapping if isinstance(mapping, str) else json.dumps(mapping)
    fitted = mappings.resolve(reference)[0].for_source(attributes)
    return open_rows(io.BytesIO(content.encode()), "rows.csv", fitted)


def test_a_declared_column_is_kept_and_another_is_named_as_not_used(admin, shop):
    file = rows_of(
        "external_id,account,occurred_at,amount,MCC,colour,method\n1,A,2026-01-02T00:00:00Z,5,5411,red,card\n",
        "finobs", shop.attributes,
    )  # fmt: skip
    assert file.layout.unused_columns == ["colour"]
    take(admin, shop, *file.rows)
    row = Transaction.objects.get()
    assert (row.attributes, row.method) == ({"mcc": "5411"}, "card")


def test_a_mapping_says_which_columns_are_attributes_and_how_they_are_written(admin, shop):
    mapping = {
        "external_id": "id", "account": "konto", "occurred_at": "t", "amount": "m", "direction": {"value": "out"},
        "balance_after": {"column": "saldo", "decimal_mark": ",", "currency_sign": "€"},
        "beneficiary_name": {"columns": ["vorname", "name"]},
        "attributes": {
            "risk": {"column": "r", "decimal_mark": ","}, "opened": {"column": "o", "format": "%d.%m.%Y"},
            "is_new": {"column": "neu", "words": {"ja": "true", "nein": "false"}},
        },
    }  # fmt: skip
    content = (
        "id;konto;t;m;saldo;vorname;name;r;o;neu;mcc\n"
        '1;A;2026-01-02T00:00:00Z;5;-1.234,50 €;Ann;Doe;"-0,5";31.12.2025;ja;5411\n'
        '2;A;2026-01-02T00:00:00Z;5;12;Ann;Doe;"1.0.0";31.12.2025;nein;\n'
    )
    result = take(admin, shop, *rows_of(content, mapping, shop.attributes).rows)
    assert [row.reason for row in result.rows] == ["", "attribute"]
    row = Transaction.objects.get()
    assert row.balance_after_minor == -123_450
    assert row.payment_parties.beneficiary == {"name": "Ann Doe"}
    assert row.attributes == {"risk": -0.5, "opened": "2025-12-31", "is_new": True, "mcc": "5411"}


def test_a_mapping_of_an_attribute_that_is_not_declared_is_refused_before_anything_is_read(admin, shop):
    mapping = {**mappings.NAMED_MAPPINGS["handbook"].mapping, "attributes": {"colour": "c"}}
    with pytest.raises(Invalid) as refused:
        mappings.Mapping.parse(mapping).for_source(shop.attributes)
    assert list(refused.value.fields) == ["mapping.attributes.colour"]
    with pytest.raises(Invalid) as refused:
        source_change(actor=admin, source=shop, mapping=mapping)
    assert "declares no attribute colour" in refused.value.fields["mapping"][0]


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"MCC": "code"}, "small letters"), ({"memo": "text"}, "a field of every transaction"), ({"a": "colour"}, "its type is one of"),
        ({"a": {"type": "text", "unit": "kg"}}, "no option unit"), ({"a": {"type": "text", "label": 7}}, "label is text"),
        ({"a": {"type": "text", "label": "a\u200bb"}}, "label"), ({"a": {"type": "text", "filter": "yes"}}, "filter true or false"),
        ({f"a{n}": "text" for n in range(51)}, "at most 50"), (["a"], "object"), ({"a": None}, "its type is one of"),
    ],
)  # fmt: skip
def test_a_declaration_that_makes_no_sense_is_refused(admin, attributes, words):
    with pytest.raises(Invalid) as refused:
        source_create(actor=admin, slug="x", attributes=attributes)
    assert any(words in text for text in refused.value.fields["attributes"])


def test_a_declaration_has_one_form_and_its_change_is_in_the_ledger(admin, shop):
    assert shop.attributes["is_new"] == {"type": "boolean", "label": "Is new", "filter": False}
    source_change(actor=admin, source=shop, attributes={"mcc": "code"})
    body = json.loads(bytes(Event.objects.get(action="source.change").body))
    assert body["changes"]["attributes"][1] == {"mcc": {"type": "code", "label": "Mcc", "filter": False}}


# -- Pages and API


@pytest.fixture
def browser(analyst) -> Client:
    return signed_in(analyst)


def test_the_page_of_a_transaction_shows_what_it_says_with_labels(admin, shop, browser):
    take(admin, shop, raw(1, **FULL), raw(2))
    row, plain = Transaction.objects.order_by("external_id")
    page = browser.get(reverse("transactions:transaction-detail", args=[row.pk])).content.decode()
    for text in ("Wire", "Merchant category", "5411", "-$12.34", "Ann Doe", "Originator", "Müller GmbH", "France"):
        assert text in page
    page = browser.get(reverse("transactions:transaction-detail", args=[plain.pk])).content.decode()
    assert "Originator" not in page
    assert "Merchant category" not in page


def test_the_api_says_it_too_and_who_pays_whom_of_one_transaction_only(admin, shop, browser):
    take(admin, shop, raw(1, **FULL))
    (row,) = browser.get("/api/v1/transactions").json()["results"]
    assert (row["method"], row["counterparty_country"], row["balance_after"]) == ("wire", "FR", "-12.34")
    assert row["attributes"] == {"mcc": "5411", "risk": 0.7, "opened": "2026-01-02", "is_new": True}
    assert "originator" not in row
    one = browser.get(f"/api/v1/transactions/{row['id']}").json()
    assert (one["originator"], one["beneficiary"]) == ({"name": "Ann Doe", "country": "DE"}, {})
    assert one["counterparty_details"] == {"name": "Müller GmbH"}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("method=wire", {"T-1"}), ("counterparty_country=fr", {"T-1"}),
        ("source=shop&account=A-1&attribute=mcc=5411", {"T-1"}), ("source=shop&account=A-1&attribute=mcc=1", set()),
        ("source=shop&account=A-1&attribute=risk>=0.7", {"T-1", "T-2"}), ("source=shop&account=A-1&attribute=risk<0.8", {"T-1"}),
        ("source=shop&account=A-1&attribute=risk=0.70", {"T-1"}), ("source=shop&account=A-1&attribute=opened>2026-01-01", {"T-1"}),
        ("source=shop&occurred_from=2026-03-01&occurred_to=2026-03-03&attribute=risk>0.7", {"T-2"}),
    ],
)  # fmt: skip
def test_lists_are_narrowed_by_what_rows_say(admin, shop, browser, query, ids):
    take(admin, shop, raw(1, **FULL), raw(2, attributes={"risk": 3}), raw(3))
    rows = browser.get(f"/api/v1/transactions?{query.replace('>', '%3E').replace('<', '%3C')}").json()["results"]
    assert {row["external_id"] for row in rows} == ids


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("attribute=mcc=1", "Name the source"), ("source=shop&attribute=mcc=1", "Name an account"),
        ("source=shop&occurred_from=2026-03-01&attribute=mcc=1", "the first and the last day"),
        ("source=shop&account=A-1&attribute=colour=1", "it has mcc, opened, risk"),
        ("source=shop&account=A-1&attribute=is_new=1", "it has mcc, opened, risk"),
        ("source=shop&account=A-1&attribute=mcc%3E1", "never more or less"),
        ("source=shop&account=A-1&attribute=risk=high", "no decimal number"),
        ("source=shop&account=A-1&attribute=risk=", "no value"), ("source=shop&account=A-1&attribute=risk", "Write a name"),
    ],
)  # fmt: skip
def test_a_filter_by_an_attribute_that_nothing_bounds_or_nobody_declares_is_refused(shop, browser, query, words):
    answer = browser.get(f"/api/v1/transactions?{query}")
    assert answer.status_code == 422
    assert words in json.dumps(answer.json(), ensure_ascii=False)


def test_a_conflict_shows_both_versions_of_further_fields(admin, shop):
    take(admin, shop, raw(1, **FULL))
    take(admin, shop, raw(1, **FULL | {"originator_name": "Bob Roe"}))
    row = QuarantinedRow.objects.get()
    page = signed_in(admin).get(reverse("transactions:quarantine-detail", args=[row.pk])).content.decode()
    assert "Ann Doe" in page
    assert "Bob Roe" in page


def test_a_source_is_made_with_attributes_by_the_api(admin):
    answer = signed_in(admin).post(
        "/api/v1/sources", {"slug": "api", "attributes": {"mcc": "code"}}, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["attributes"] == {"mcc": {"type": "code", "label": "Mcc", "filter": False}}
    assert factories.source("other").attributes == {}
