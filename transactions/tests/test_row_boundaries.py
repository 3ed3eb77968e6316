"""Where a row begins not to hold: the last value that does, the first that does not, and the words for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from transactions.choices import QuarantineReason as Reason
from transactions.row_validation import (
    BOOLEANS,
    DIRECTIONS,
    LABEL_FIELDS,
    MAX_LENGTHS,
    MAX_PRINTABLE,
    MAX_QUOTED,
    ROW_FIELDS,
    RawRow,
    RowFault,
    RowLabel,
    RowReader,
    ValidRow,
    amount,
    printable,
    quoted,
    text,
)

from .conftest import fields

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def read(zone: str = "UTC", default: str = "USD", **changes: Any) -> ValidRow:
    return RowReader(slug="bank", default_currency=default, time_zone=zone, now=NOW).read(RawRow(fields(**changes)))


def fault_of(zone: str = "UTC", default: str = "USD", **changes: Any) -> tuple[Reason, str]:
    with pytest.raises(RowFault) as error:
        read(zone, default, **changes)
    assert str(error.value) == error.value.detail
    return error.value.reason, error.value.detail


def test_every_field_of_a_row_is_read_into_its_own_place() -> None:
    row = read(
        external_id=" T-9 ", account="A-9", counterparty="M-9", occurred_at="2026-03-01T10:11:12.000013Z",
        amount="12.34", currency="eur", direction="credit", channel="wire", country="fr", memo="rent",
        is_suspicious="yes", typology="structuring", label_known_at="2026-03-02",
    )  # fmt: skip
    assert row[:10] == (
        "T-9", "A-9", "M-9", datetime(2026, 3, 1, 10, 11, 12, 13, tzinfo=UTC), 1234, "EUR", "in", "wire", "FR", "rent",
    )  # fmt: skip
    assert row.label == RowLabel(True, "structuring", datetime(2026, 3, 2, tzinfo=UTC))


def test_fields_that_are_left_out_are_empty() -> None:
    row = read(counterparty=..., channel=..., country=..., memo=..., direction=...)
    assert (row.counterparty, row.channel, row.country, row.memo, row.direction, row.label) == (
        "", "", "", "", "out", None,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["external_id", "account", "counterparty", "channel", "memo"])
def test_a_text_may_be_as_long_as_its_field(name: str) -> None:
    limit = MAX_LENGTHS[name]
    assert getattr(read(**{name: "x" * limit}), name) == "x" * limit
    assert getattr(read(**{name: f"  {'x' * limit}  "}), name) == "x" * limit
    reason, detail = fault_of(**{name: "x" * (limit + 1)})
    assert reason == Reason.TOO_LONG
    assert detail.startswith(f"{name} has {limit + 1} characters; {limit} is the most. “xxx")


def test_the_lengths_of_fields_are_these() -> None:
    assert MAX_LENGTHS == {
        "external_id": 100, "account": 100, "counterparty": 100, "occurred_at": 40, "amount": 64, "currency": 3,
        "direction": 8, "channel": 32, "country": 2, "memo": 500, "method": 8, "counterparty_country": 2,
        "balance_after": 64, "originator_name": 140, "originator_account": 100, "originator_bank": 140,
        "originator_address": 350, "originator_country": 2, "beneficiary_name": 140, "beneficiary_account": 100,
        "beneficiary_bank": 140, "beneficiary_address": 350, "beneficiary_country": 2, "counterparty_name": 140,
        "counterparty_account": 100, "counterparty_bank": 140,
    }  # fmt: skip
    assert frozenset(MAX_LENGTHS) | {*LABEL_FIELDS, "attributes"} == ROW_FIELDS
    assert (MAX_QUOTED, MAX_PRINTABLE) == (80, 1000)


def test_a_text_without_a_limit_of_its_own_has_at_most_forty_characters() -> None:
    assert text({"typology": "t" * 40}, "typology") == "t" * 40
    with pytest.raises(RowFault, match="typology has 41 characters; 40 is the most"):
        text({"typology": "t" * 41}, "typology")


@pytest.mark.parametrize(
    ("value", "result"), [(None, ""), ("", ""), ("  ", ""), (" a ", "a"), (12, "12"), (0, "0"), (-3, "-3")]
)
def test_a_text_is_stripped_and_whole_numbers_are_text(value: Any, result: str) -> None:
    assert text({"account": value}, "account") == result
    assert text({}, "account") == ""


@pytest.mark.parametrize("value", [True, False, 1.5, [], {}, b"x"])
def test_a_value_that_is_no_text_says_so(value: Any) -> None:
    assert fault_of(account=value) == (Reason.TYPE, f"account is {value!r}; it must be text.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("external_id", "account", "occurred_at") for value in (None, "", ...)),
        ("amount", None),
        ("amount", ...),
    ],
)
def test_a_field_that_must_be_there_is_missed_by_name(name: str, value: Any) -> None:
    assert fault_of(**{name: value}) == (Reason.MISSING, f"{name} is empty.")


@pytest.mark.parametrize("mark", ["\x00", "\x1f", "\x7f", "\x9f", "\u202a", "\u202e", "\u2066", "\u2069", "\ud800"])
def test_a_mark_that_disguises_a_text_is_refused_in_every_field(mark: str) -> None:
    for name in ("external_id", "account", "counterparty", "channel", "memo"):
        reason, detail = fault_of(**{name: f"a{mark}b"})
        assert reason == Reason.CHARACTERS
        assert detail.startswith(f"{name} holds U+{ord(mark):04X} ")
        assert detail.endswith("(character 2): “a\ufffdb”.")


@pytest.mark.parametrize("mark", ["\n", "\t", "\r"])
def test_a_line_break_is_part_of_a_memo_and_of_nothing_else(mark: str) -> None:
    assert read(memo=f"a{mark}b").memo == ("a\nb" if mark == "\r" else f"a{mark}b")
    assert fault_of(account=f"a{mark}b")[0] == Reason.CHARACTERS


@pytest.mark.parametrize("value", ["Ä ß 漢", "a\u0378b", "ﬁ", "１２"])
def test_a_text_of_other_characters_holds(value: str) -> None:
    assert read(memo=value, account=value).account == value


@pytest.mark.parametrize(("value", "direction"), sorted(DIRECTIONS.items()))
def test_a_direction_has_these_words(value: str, direction: str) -> None:
    assert read(direction=value.upper()).direction == direction == {"in": "in", "credit": "in"}.get(value, "out")


def test_another_direction_is_refused_in_words() -> None:
    assert fault_of(direction="up") == (Reason.DIRECTION, "direction is “up”; it must be in or out.")


@pytest.mark.parametrize("value", ["QQ", "D", "EU"])
def test_a_country_that_there_is_not_is_refused_in_words(value: str) -> None:
    assert fault_of(country=value) == (
        Reason.COUNTRY, f"country is “{value}”, which is no ISO 3166-1 code of two letters.",
    )  # fmt: skip


def test_fields_that_there_are_not_are_named_in_order_and_at_most_five() -> None:
    assert fault_of(colour="red") == (Reason.UNKNOWN_FIELD, "finobs knows no field named “colour”.")
    many = {f"f{number}": "" for number in range(7)}
    assert fault_of(**many)[1] == "finobs knows no field named “f0”, “f1”, “f2”, “f3”, “f4”."


def test_a_fault_that_is_known_before_is_raised_as_it_is() -> None:
    known = RowFault(Reason.ENCODING, "Line 2 is not valid UTF-8.")
    reader = RowReader(slug="bank", default_currency="USD", time_zone="UTC", now=NOW)
    with pytest.raises(RowFault) as error:
        reader.read(RawRow(fields(), fault=known))
    assert error.value is known


@pytest.mark.parametrize("amount_text", ["0.00", "0.01", "999999999999999.99", "12.5", "12."])
def test_an_amount_without_an_exponent_is_read_as_it_stands(amount_text: str) -> None:
    whole, _, part = amount_text.partition(".")
    assert amount(amount_text, "USD") == int(whole) * 100 + int(part.ljust(2, "0"))


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("9999999999999999", "JPY", 9_999_999_999_999_999), ("1", "BHD", 1_000), ("0.001", "BHD", 1),
        ("0.500", "USD", 50), ("1.0000", "USD", 100), ("1.20000", "USD", 120), ("1.234", "BHD", 1234), ("1.234", "CLF", 12340), ("1E2", "USD", 10_000), ("1e-2", "USD", 1), ("-0.00", "USD", 0),
        ("+0", "USD", 0), (7, "JPY", 7), (7, "USD", 700), (" 7 ", "USD", 700), (".5", "USD", 50),
        ("90071992547409.91", "USD", 9_007_199_254_740_991),
    ],
)  # fmt: skip
def test_an_amount_is_whole_minor_units_of_its_currency(value: Any, currency: str, minor: int) -> None:
    assert amount(value, currency) == minor


@pytest.mark.parametrize("value", ["1.234", "0.001", "1e-3", "1.0e-2001"])
def test_an_amount_with_more_places_than_its_currency_is_refused(value: str) -> None:
    reason, detail = fault_of(amount=value, currency="USD")
    assert reason == Reason.AMOUNT
    assert detail.startswith("amount")
    assert fault_of(amount="1.5", currency="JPY")[0] == Reason.AMOUNT


@pytest.mark.parametrize(
    "value", ["twelve", "1,200", "1_0", "１２", "--1", "0x10", "1e", ".", "+", "1.2.3", "1e1234567890"]
)
def test_an_amount_that_is_no_number_is_refused_in_words(value: str) -> None:
    assert fault_of(amount=value) == (Reason.AMOUNT, f"amount is “{value}”, which is no decimal number.")


def test_an_amount_has_at_most_sixty_four_characters() -> None:
    assert amount("0" * 63 + "7", "USD") == 700
    assert fault_of(amount="0" * 64 + "7")[1].endswith("which is no decimal number.")


@pytest.mark.parametrize("value", ["-0.01", "-12.50", "-1e3"])
def test_an_amount_below_zero_is_refused_with_advice(value: str) -> None:
    assert fault_of(amount=value) == (
        Reason.AMOUNT,
        f"amount is “{value}”, below zero: write it positive and say which way the money went (direction in or out). "
        "For a file, the mapping says what the sign means.",
    )


@pytest.mark.parametrize("value", ["1.000", "12.500", "999.000", "+1.234"])
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_three_digits_after_a_point_are_no_fraction_where_the_currency_has_fewer(value: str, currency: str) -> None:
    reason, detail = fault_of(amount=value, currency=currency)
    assert reason == Reason.AMOUNT
    assert detail.startswith(f"amount: '{value}' may be thousands or a fraction; {currency} has ")


@pytest.mark.parametrize("value", [True, False, 1.5, ["1"], {}])
def test_an_amount_that_is_no_text_says_so(value: Any) -> None:
    assert fault_of(amount=value) == (Reason.TYPE, f"amount is {value!r}; it must be text.")


@pytest.mark.parametrize("value", ["XXX", "ZZ", "EU", "U$D"])
def test_a_currency_that_there_is_not_is_refused_in_words(value: str) -> None:
    assert fault_of(currency=value) == (
        Reason.CURRENCY, f"currency is “{value}”, which is no ISO 4217 code finobs knows.",
    )  # fmt: skip


def test_a_currency_comes_from_the_row_before_its_source() -> None:
    assert [read(default="EUR", currency=value).currency for value in (..., "", "usd")] == ["EUR", "EUR", "USD"]
    assert fault_of(default="", currency=...) == (Reason.MISSING, "currency is empty.")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-04T12:00:00Z", NOW + timedelta(days=1)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        (" 2026-03-02 10:00+02:00 ", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 10, tzinfo=UTC)),
        (datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_a_moment_that_can_be_true_holds(value: Any, moment: datetime) -> None:
    assert read(occurred_at=value).occurred_at == moment


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ((NOW + timedelta(days=1) + MICROSECOND).isoformat(), "more than 24 hours in the future."),
        ((datetime(1970, 1, 1, tzinfo=UTC) - MICROSECOND).isoformat(), "before 1970."),
        ("20260302", "write it as 2026-03-31T14:05:00Z, or say its format in the mapping."),
        ("2026-W10-1", "write it as 2026-03-31T14:05:00Z, or say its format in the mapping."),
        ("2026-3-02", "write it as 2026-03-31T14:05:00Z, or say its format in the mapping."),
        ("2026-03-02T10:00:00" + "0" * 22, "write it as 2026-03-31T14:05:00Z, or say its format in the mapping."),
        ("2026-02-30", "which is no date and time of the calendar."),
        ("0001-01-01T00:00:00+14:00", "outside any calendar."),
        ("9999-12-31T23:59:59-14:00", "outside any calendar."),
    ],
)
def test_a_moment_that_cannot_be_true_is_refused_in_words(value: str, words: str) -> None:
    reason, detail = fault_of(occurred_at=value)
    assert reason == Reason.DATE
    assert detail.startswith(f"occurred_at is {quoted(value)}")
    assert detail.endswith(words)


@pytest.mark.parametrize(("year", "words"), [(1, "outside any calendar."), (9999, "outside any calendar.")])
def test_a_local_moment_at_the_end_of_the_calendar_is_refused(year: int, words: str) -> None:
    zone = "Europe/Berlin" if year == 1 else "America/New_York"
    value = "0001-01-01T00:00:00" if year == 1 else "9999-12-31T23:59:59"
    reason, detail = fault_of(zone, occurred_at=value)
    assert (reason, detail.endswith(words)) == (Reason.DATE, True)


def test_a_local_moment_is_read_on_the_clock_of_its_source() -> None:
    assert read("America/New_York", occurred_at="2026-03-02T10:00:00").occurred_at.hour == 15
    assert read("America/New_York", occurred_at="2026-03-02T10:00:00Z").occurred_at.hour == 10
    assert fault_of("Europe/Berlin", occurred_at="2025-03-30T02:30:00") == (
        Reason.DATE, "occurred_at is 2025-03-30 02:30:00, which clocks in Europe/Berlin skipped that day.",
    )  # fmt: skip


@pytest.mark.parametrize(("value", "truth"), sorted(BOOLEANS.items()))
def test_a_label_has_these_words(value: str, truth: bool) -> None:
    label = read(is_suspicious=f" {value.upper()} ").label
    assert label == RowLabel(truth, "", NOW)
    assert truth == (value in ("1", "1.0", "true", "t", "yes", "y"))


@pytest.mark.parametrize(("value", "truth"), [(True, True), (False, False), (1, True), (0, False)])
def test_a_label_may_be_a_truth_value_or_a_number(value: Any, truth: bool) -> None:
    label = read(is_suspicious=value).label
    assert label is not None
    assert label.is_suspicious is truth


def test_a_row_without_a_label_has_none() -> None:
    for value in (..., None, ""):
        assert read(is_suspicious=value, typology="structuring").label is None


def test_a_label_that_is_neither_is_refused_in_words() -> None:
    assert fault_of(is_suspicious="perhaps") == (
        Reason.LABEL, "is_suspicious is “perhaps”; it must be true or false.",
    )  # fmt: skip


def test_a_label_may_be_known_later_than_any_transaction_can_occur() -> None:
    later = NOW + timedelta(days=30)
    label = read(is_suspicious="1", label_known_at=later.isoformat()).label
    assert label is not None
    assert label.known_at == later
    reason, detail = fault_of(is_suspicious="1", label_known_at="1969-12-31T23:59:59Z")
    assert (reason, detail) == (Reason.DATE, "label_known_at is “1969-12-31T23:59:59Z”, before 1970.")


@pytest.mark.parametrize("name", ["external_id", "account", "counterparty", "occurred_at", "amount", "currency",
                                  "direction", "channel", "country", "memo"])  # fmt: skip
def test_the_digest_changes_with_every_field(name: str) -> None:
    other = {
        "external_id": "T-2", "account": "A-2", "counterparty": "M-2", "occurred_at": "2026-03-02T12:00:01Z",
        "amount": "12.51", "currency": "EUR", "direction": "in", "channel": "wire", "country": "FR", "memo": "x",
    }  # fmt: skip
    assert read(**{name: other[name]}).digest != read().digest
    reader = RowReader(slug="shop", default_currency="USD", time_zone="UTC", now=NOW)
    assert reader.read(RawRow(fields())).digest != read().digest


def test_a_value_is_quoted_cut_and_cleaned() -> None:
    assert quoted("x" * 80) == "“" + "x" * 80 + "”"
    assert quoted("x" * 81) == "“" + "x" * 80 + "…”"
    assert (quoted(12), quoted(None), quoted(["a"])) == ("12", "None", "['a']")
    assert quoted("a\x00b\nc") == "“a\ufffdb\nc”"
    assert printable("x" * 1000) == "x" * 1000
    assert printable("x" * 1001) == "x" * 1000 + "…"
