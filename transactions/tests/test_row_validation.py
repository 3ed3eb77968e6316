"""The validator: what holds, and the plain words for what does not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finobs.ledger.canonical import canonical
from finobs.ledger.services import timestamp
from transactions.choices import QuarantineReason
from transactions.row_validation import ROW_FIELDS, RawRow, RowFault, RowReader, ValidRow, quoted, timestamp_text

from .conftest import fields

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def read(zone: str = "UTC", default: str = "USD", **changes) -> ValidRow:
    reader = RowReader(slug="bank", default_currency=default, time_zone=zone, now=NOW)
    return reader.read(RawRow(fields(**changes)))


def refused(zone: str = "UTC", default: str = "USD", **changes) -> RowFault:
    with pytest.raises(RowFault) as caught:
        read(zone, default, **changes)
    return caught.value


def test_a_good_row_becomes_whole_minor_units_and_utc():
    row = read(amount="1234.5", occurred_at="2026-03-02T13:00:00+01:00")
    assert (row.amount_minor, row.currency, row.direction) == (123_450, "USD", "out")
    assert row.occurred_at == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _digest(row: ValidRow) -> bytes:
    body = {
        "source": "bank", "external_id": row.external_id, "account": row.account, "counterparty": row.counterparty,
        "occurred_at": timestamp(row.occurred_at), "amount_minor": str(row.amount_minor), "currency": row.currency,
        "direction": row.direction, "channel": row.channel, "country": row.country, "memo": row.memo,
    }  # fmt: skip
    return hashlib.sha256(canonical(body)).digest()


TEXT = st.text(max_size=30).map(str.strip)


@given(account=TEXT, memo=TEXT, counterparty=TEXT, amount=st.integers(0, 10**17 - 1))
def test_the_digest_is_of_the_canonical_bytes_whatever_the_text(account, memo, counterparty, amount):
    try:
        row = read(account=account, memo=memo, counterparty=counterparty, amount=f"{amount // 100}.{amount % 100:02}")
    except RowFault as fault:
        assert fault.reason in (QuarantineReason.MISSING, QuarantineReason.CHARACTERS, QuarantineReason.TYPE)  # noqa: PT017
        return
    assert row.digest == _digest(row)
    assert row.amount_minor == amount


@given(at=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_a_stamp_is_the_ledgers_timestamp(at):
    assert timestamp_text(at) == timestamp(at)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("0", "USD", 0), ("0.00", "USD", 0), ("-0", "USD", 0), ("12", "USD", 1200), (12, "USD", 1200), ("1e3", "USD", 100_000),
     ("0.500", "USD", 50), ("+3.1", "USD", 310), ("150", "JPY", 150), ("1.234", "BHD", 1234), (".5", "USD", 50), ("12.", "USD", 1200)],
)  # fmt: skip
def test_amounts_that_hold(amount, currency, minor):
    assert read(amount=amount, currency=currency).amount_minor == minor


@pytest.mark.parametrize(
    "amount",
    ["NaN", "Infinity", "-Infinity", "1e400", "1e999999999", "-12.50", "12.345", "twelve", "1,200.00", "1_000", "１２", "",
     "--1", "0x10", "9" * 40, "9" * 5000, "1e-400", True, ["12"], None, 12.5],
)  # fmt: skip
def test_impossible_amounts_are_refused_in_words_that_name_the_field(amount):
    fault = refused(amount=amount)
    assert fault.reason in (QuarantineReason.AMOUNT, QuarantineReason.MISSING, QuarantineReason.TYPE)
    assert "amount" in fault.detail
    assert len(fault.detail) < 300


@pytest.mark.parametrize(("currency", "amount"), [("BHD", "999999999999999"), ("USD", "9" * 16), ("JPY", "9" * 18)])
def test_an_amount_of_digits_alone_is_not_above_the_limit_of_sums(currency, amount):
    assert refused(currency=currency, amount=amount).reason == QuarantineReason.AMOUNT


def test_the_largest_amount_of_each_number_of_places_is_accepted():
    largest = {"BHD": "99999999999999.999", "USD": "999999999999999.99", "JPY": "99999999999999999"}
    minor = {read(currency=currency, amount=amount).amount_minor for currency, amount in largest.items()}
    assert minor == {10**17 - 1}


@pytest.mark.parametrize(
    "moment",
    ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
     "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-03-02T25:00:00Z", "2026-03-04T12:00:01Z", "yesterday", "",
     "20260302", "2026-W10-1", 1_772_452_800, "2026-03-02T12:00:00Z" + " " * 5 + "x" * 40],
)  # fmt: skip
def test_impossible_dates_are_refused_in_words_that_name_the_field(moment):
    fault = refused(occurred_at=moment)
    assert fault.reason in (QuarantineReason.DATE, QuarantineReason.MISSING, QuarantineReason.TYPE)
    assert "occurred_at" in fault.detail


def test_a_time_within_the_next_day_holds_for_clocks_differ():
    assert read(occurred_at=(NOW + timedelta(hours=24)).isoformat()).occurred_at == NOW + timedelta(hours=24)


def test_a_local_time_is_read_in_the_zone_of_its_source():
    assert read("Europe/Berlin", occurred_at="2025-07-01T12:00:00").occurred_at.hour == 10


def test_a_local_time_that_occurs_twice_is_the_first_of_both():
    row = read("Europe/Berlin", occurred_at="2025-10-26T02:30:00")
    assert row.occurred_at == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_a_local_time_that_the_clocks_skipped_is_refused():
    fault = refused("Europe/Berlin", occurred_at="2025-03-30T02:30:00")
    assert fault.reason == QuarantineReason.DATE
    assert "skipped" in fault.detail


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "XYZ"}, QuarantineReason.CURRENCY),
        ({"currency": "XXX"}, QuarantineReason.CURRENCY),
        ({"currency": "ZZ"}, QuarantineReason.CURRENCY),
        ({"country": "QQ"}, QuarantineReason.COUNTRY),
        ({"direction": "up"}, QuarantineReason.DIRECTION),
        ({"external_id": ...}, QuarantineReason.MISSING),
        ({"external_id": "   "}, QuarantineReason.MISSING),
        ({"account": ""}, QuarantineReason.MISSING),
        ({"account": "A\x00B"}, QuarantineReason.CHARACTERS),
        ({"account": "A\ud800"}, QuarantineReason.CHARACTERS),
        ({"counterparty": "A\u202eB"}, QuarantineReason.CHARACTERS),
        ({"memo": "bell\x07"}, QuarantineReason.CHARACTERS),
        ({"memo": "m" * 501}, QuarantineReason.TOO_LONG),
        ({"memo": "m" * 10_000_000}, QuarantineReason.TOO_LONG),
        ({"external_id": "x" * 101}, QuarantineReason.TOO_LONG),
        ({"account": {"nested": 1}}, QuarantineReason.TYPE),
        ({"account": 1.5}, QuarantineReason.TYPE),
        ({"colour": "red"}, QuarantineReason.UNKNOWN_FIELD),
        ({"is_suspicious": "perhaps"}, QuarantineReason.LABEL),
        ({"is_suspicious": True, "label_known_at": "soon"}, QuarantineReason.DATE),
    ],
)
def test_what_else_cannot_be_taken_says_which_field_and_why(changes, reason):
    fault = refused(**changes)
    assert fault.reason == reason
    assert list(changes)[-1] in fault.detail
    assert len(fault.detail) < 300
    fault.detail.encode()
    assert "\x00" not in fault.detail


def test_a_row_may_leave_the_currency_to_its_source():
    assert read(default="EUR", currency=...).currency == "EUR"
    assert refused(default="", currency=...).reason == QuarantineReason.MISSING


def test_letters_and_words_are_read_as_they_are_meant():
    row = read(currency="eur", country="de", direction="Credit", memo="two\nlines")
    assert (row.currency, row.country, row.direction, row.memo) == ("EUR", "DE", "in", "two\nlines")


def test_a_label_is_read_but_is_no_part_of_the_digest():
    plain, labelled = read(), read(is_suspicious="1", typology="structuring", label_known_at="2026-03-09T00:00:00Z")
    assert labelled.label is not None
    assert labelled.label.is_suspicious
    assert labelled.digest == plain.digest


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.text(), max_size=2)
)


@given(st.dictionaries(st.sampled_from(sorted(ROW_FIELDS)) | st.text(max_size=5), ANYTHING))
def test_whatever_comes_is_a_row_or_a_fault_with_words(given_fields):
    reader = RowReader(slug="bank", default_currency="USD", time_zone="Europe/Berlin", now=NOW)
    try:
        reader.read(RawRow(given_fields))
    except RowFault as fault:
        assert fault.detail.encode()  # noqa: PT017


def test_a_value_is_cut_for_display():
    assert len(quoted("x" * 10_000)) < 100
