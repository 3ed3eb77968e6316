"""Method, countries, balance, who pays whom, and attributes: what holds, what does not, and what the digest says."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finobs.ledger.canonical import canonical
from finobs.ledger.services import timestamp
from transactions.amounts import NumberText
from transactions.attributes import attribute_text, declared
from transactions.choices import QuarantineReason as Reason
from transactions.row_details import PARTY_FIELDS
from transactions.row_validation import RawRow, RowFault, RowReader, ValidRow

from .conftest import fields

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
DECLARED = {
    "mcc": {"type": "code", "label": "Merchant category", "filter": True},
    "risk": {"type": "number", "label": "Risk", "filter": True},
    "opened": {"type": "date", "label": "Opened", "filter": True},
    "is_new": {"type": "boolean", "label": "New", "filter": False},
    "note": {"type": "text", "label": "Note", "filter": False},
}
# Of `fields()` in finobs before it knew any further field: what came in then is known when it comes again.
DIGEST_OF_BEFORE = "d512613cee93a8ac494aab9830db39fdf71e3e434367635ceaffd5502f020fa3"


def read(**changes: Any) -> ValidRow:
    reader = RowReader(
        slug="bank", default_currency="USD", time_zone="UTC", now=NOW, attributes=declared(DECLARED)
    )  # fmt: skip
    return reader.read(RawRow(fields(**changes)))


def fault(**changes: Any) -> tuple[Reason, str]:
    with pytest.raises(RowFault) as refused:
        read(**changes)
    return refused.value.reason, refused.value.detail


def body(row: ValidRow, **more: Any) -> bytes:
    document = {
        "source": "bank", "external_id": row.external_id, "account": row.account, "counterparty": row.counterparty,
        "occurred_at": timestamp(row.occurred_at), "amount_minor": str(row.amount_minor), "currency": row.currency,
        "direction": row.direction, "channel": row.channel, "country": row.country, "memo": row.memo,
    }  # fmt: skip
    return hashlib.sha256(canonical(document | more)).digest()


EMPTY = dict.fromkeys(("method", "counterparty_country", "balance_after", "attributes", *PARTY_FIELDS), "")


def test_a_row_without_further_fields_has_the_digest_that_it_always_had():
    assert read().digest.hex() == DIGEST_OF_BEFORE
    assert read(**EMPTY).digest == read().digest
    assert read(**EMPTY).details.parties is None


@given(
    method=st.sampled_from(["", "wire", "Card", " CASH "]), country=st.sampled_from(["", "DE", "fr"]),
    balance=st.none() | st.integers(-(10**17) + 1, 10**17 - 1), risk=st.none() | st.integers(-(10**8), 10**8),
    note=st.text(max_size=20),
)  # fmt: skip
def test_the_digest_is_of_the_canonical_bytes_of_what_is_said(method, country, balance, risk, note):
    sign = "-" if balance is not None and balance < 0 else ""
    amount = None if balance is None else f"{sign}{abs(balance) // 100}.{abs(balance) % 100:02}"
    attributes = {"note": note} | ({} if risk is None else {"risk": f"{risk}e-3"})
    try:
        row = read(method=method, counterparty_country=country, balance_after=amount, attributes=attributes)
    except RowFault as refusal:
        assert refusal.reason == Reason.ATTRIBUTE  # noqa: PT017
        return
    texts = {name: attribute_text(value) for name, value in (row.details.attributes or {}).items()}
    more: dict[str, Any] = {
        "method": method.strip().lower(), "counterparty_country": country.upper(),
        "balance_after_minor": "" if balance is None else str(balance), "attributes": texts,
    }  # fmt: skip
    assert row.details.balance_after_minor == balance
    assert row.digest == body(row, **{name: value for name, value in more.items() if value})


def test_who_pays_whom_is_in_the_digest_under_a_salt_alone():
    parties = {"originator_name": "Ann Doe", "beneficiary_account": "DE89 3704 0044 0532 0130 00", "method": "wire"}
    row, again = read(**parties), read(**parties)
    assert row.details.parties == {
        "originator": {"name": "Ann Doe"}, "beneficiary": {"account": "DE89370400440532013000"},
    }  # fmt: skip
    content = json.dumps(row.details.parties, sort_keys=True, separators=(",", ":")).encode()
    assert row.digest == body(row, method="wire", parties=hmac.new(row.salt, content, hashlib.sha256).hexdigest())
    assert row.digest != again.digest
    assert again.is_same(row.digest, row.salt)
    assert not again.is_same(row.digest, again.salt)
    assert not read(**parties | {"originator_name": "Bob Roe"}).is_same(row.digest, row.salt)
    assert not read(method="wire").is_same(row.digest, row.salt)


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"method": "barter"}, Reason.METHOD, "method is “barter”; it must be one of wire, cash, card"),
        ({"counterparty_country": "UK"}, Reason.COUNTRY, "counterparty_country is “UK”.*write GB"),
        ({"originator_country": "Germany"}, Reason.COUNTRY, "originator_country.*write DE"),
        ({"balance_after": "12,50"}, Reason.AMOUNT, "balance_after is “12,50”, which is no decimal number"),
        ({"balance_after": "1.000"}, Reason.AMOUNT, "may be thousands or a fraction"),
        ({"balance_after": "0.001"}, Reason.AMOUNT, "more decimal places"),
        ({"balance_after": True}, Reason.TYPE, "balance_after"),
        ({"beneficiary_name": "x" * 141}, Reason.TOO_LONG, "beneficiary_name has 141 characters"),
        ({"beneficiary_name": "Ann\u200bDoe"}, Reason.CHARACTERS, "beneficiary_name holds U\\+200B"),
        ({"originator_account": "1.2E+14"}, Reason.TYPE, "originator_account is .* scientific notation"),
        ({"attributes": "mcc=1"}, Reason.TYPE, "attributes is “mcc=1”; it must be an object"),
        ({"attributes": {"colour": "red"}}, Reason.UNKNOWN_FIELD, "declares no attribute named “colour”"),
        ({"attributes.colour": "red"}, Reason.UNKNOWN_FIELD, "attributes.colour"),
        ({"attributes": {"mcc": "5411"}, "attributes.mcc": "5411"}, Reason.ATTRIBUTE, "stands twice"),
        ({"attributes": {"mcc": "54 11"}}, Reason.ATTRIBUTE, "attribute mcc is “54 11”, which is no code"),
        ({"attributes": {"risk": "high"}}, Reason.ATTRIBUTE, "risk is “high”, which is no decimal number"),
        ({"attributes": {"risk": "1234567890.1234567"}}, Reason.ATTRIBUTE, "more than 15 digits"),
        ({"attributes": {"risk": float("nan")}}, Reason.ATTRIBUTE, "no decimal number"),
        ({"attributes": {"opened": "31.03.2026"}}, Reason.ATTRIBUTE, "opened is “31.03.2026”, which is no date"),
        ({"attributes": {"opened": "2026-02-30"}}, Reason.ATTRIBUTE, "no day of the calendar"),
        ({"attributes": {"is_new": "perhaps"}}, Reason.ATTRIBUTE, "neither true nor false"),
        ({"attributes": {"note": ["a"]}}, Reason.ATTRIBUTE, "is no text"),
        ({"attributes": {"note": "x" * 201}}, Reason.ATTRIBUTE, "has 201 characters; 200 is the most"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_by_its_name(changes, reason, words):
    given, detail = fault(**changes)
    assert given == reason
    assert re.search(words, detail), detail


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("mcc", 5411, "5411"), ("mcc", "5411.0", "5411"), ("mcc", "DE-1", "DE-1"),
        ("risk", "0.70", 0.7), ("risk", 7, 7), ("risk", "7.0", 7), ("risk", -0.25, -0.25), ("risk", "1e3", 1000),
        ("risk", NumberText.of("12", 2**24), 12), ("opened", "2026-03-31", "2026-03-31"),
        ("opened", datetime(2026, 3, 31), "2026-03-31"), ("is_new", "Yes", True), ("is_new", 0, False),
        ("note", " Grüße  an alle ", "Grüße an alle"),
    ],
)  # fmt: skip
def test_a_value_has_the_type_that_its_source_declares(name, value, result):
    (kept,) = (read(attributes={name: value}).details.attributes or {}).values()
    assert (kept, type(kept)) == (result, type(result))


@pytest.mark.parametrize("nothing", [None, "", "NULL", "n/a", " "])
def test_a_word_for_nothing_is_no_attribute(nothing):
    assert read(attributes={"mcc": nothing, "risk": nothing}).details.attributes is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=5))
def test_a_number_is_the_same_text_again_whatever_way_it_is_stored(number):
    row = read(attributes={"risk": str(number)})
    (value,) = (row.details.attributes or {}).values()
    assert attribute_text(json.loads(json.dumps(value))) == attribute_text(value)
    assert float(number) == value
