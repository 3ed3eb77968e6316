"""Every text field of a row against every kind of value that feeds and spreadsheets write and nobody means.

Whatever the field, a value either means the same as its plain form, or is nothing, or is refused by its name.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest

from transactions.amounts import NumberText
from transactions.choices import QuarantineReason as Reason
from transactions.identifiers import IBAN_LENGTHS, NULL_WORDS
from transactions.reference_data import COUNTRIES, CURRENCIES
from transactions.row_details import PARTY_FIELDS
from transactions.row_validation import MAX_LENGTHS, ROW_FIELDS, RawRow, RowFault, RowReader, ValidRow

from .conftest import fields

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
PARTY_TEXTS = tuple(name for name in PARTY_FIELDS if not name.endswith("_country"))
TEXT_FIELDS = ("external_id", "account", "counterparty", "channel", "memo", "typology", *PARTY_TEXTS)
COUNTRY_CODES = ("country", "counterparty_country", "originator_country", "beneficiary_country")
CODES = ("currency", "direction", "method", *COUNTRY_CODES)
IDENTIFIERS = ("external_id", "account", "counterparty")
REQUIRED = ("external_id", "account", "occurred_at", "amount")
INVISIBLE = [
    "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u202a", "\u202e", "\u2066",
    "\u2069", "\u180e", "\u034f", "\u115f", "\u3164", "\u2800", "\ue000", "\ud800", "\x00", "\x07", "\x1f", "\x7f", "\x9f",
    "\U000e0041", "\ufffe",
]  # fmt: skip
SCIENTIFIC = [
    "1.23457E+14", "4.6e+12", "2.291163933867244e+15", "1E14", "2e15", "1.0E7", "-1.5e+10", "1,23457E+14", "46E+11", "1e-7",
]  # fmt: skip
# Ids that look odd and are ids.
PLAIN_IDS = [
    "80D347301", "80347E301", "12345e67", "06fe5d07af8bc4854afd99babf3989c2", "00042", "42", "1-2", "a/b", "1.5", "v1.0",
    "NA1", "NULL-1", "nanette", "D'Arc", "=x", "'C1618265985'", "DE", "T 1", "Ünal", "10:00",
]  # fmt: skip


def reader() -> RowReader:
    return RowReader(slug="bank", default_currency="USD", time_zone="UTC", now=NOW)


def read(**changes: Any) -> ValidRow:
    return reader().read(RawRow(fields(**{"is_suspicious": "1", "typology": "structuring"} | changes)))


def value_of(row: ValidRow, name: str) -> Any:
    assert row.label is not None
    if name in PARTY_FIELDS:
        party, part = name.split("_")
        return (row.details.parties or {}).get(party, {}).get(part, "")
    if name in ("method", "counterparty_country"):
        return getattr(row.details, name)
    return row.label.typology if name == "typology" else getattr(row, name)


def refusal(**changes: Any) -> RowFault:
    with pytest.raises(RowFault) as caught:
        read(**changes)
    return caught.value


def test_these_are_all_fields_of_a_row() -> None:
    others = {"occurred_at", "amount", "balance_after", "is_suspicious", "label_known_at", "attributes"}
    assert {*TEXT_FIELDS, *CODES} | others == ROW_FIELDS
    assert set(REQUIRED) < set(MAX_LENGTHS)


@pytest.mark.parametrize("mark", INVISIBLE, ids=ascii)
@pytest.mark.parametrize("name", [*TEXT_FIELDS, *CODES])
def test_what_cannot_be_seen_is_refused_in_every_field_wherever_it_stands(name: str, mark: str) -> None:
    for value in (f"A{mark}1", f"{mark}A1", f"A1{mark}", mark * 3):
        if value.strip() in ("A1", ""):
            continue
        fault = refusal(**{name: value})
        assert fault.reason == Reason.CHARACTERS
        assert fault.detail.startswith(f"{name} holds U+{ord(mark):04X} ")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_a_letter_is_one_letter_however_it_is_composed(name: str, form: str) -> None:
    assert value_of(read(**{name: unicodedata.normalize(form, "Zoë Ångström")}), name) == "Zoë Ångström"  # type: ignore[arg-type]


@pytest.mark.parametrize("blank", [" ", "\xa0", "\u2009", "\u202f", "\u3000", "  ", " \xa0 "], ids=ascii)
@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_every_blank_is_a_space(name: str, blank: str) -> None:
    row = read(**{name: f"{blank}A{blank}1{blank}"})
    assert value_of(row, name).replace("  ", " ").replace("  ", " ") == "A 1"
    assert name == "memo" or value_of(row, name) == "A 1"


@pytest.mark.parametrize("word", sorted(NULL_WORDS))
@pytest.mark.parametrize("name", [*TEXT_FIELDS, *CODES])
def test_a_word_for_nothing_is_nothing_in_every_field(name: str, word: str) -> None:
    for value in (word, word.upper(), f" {word.title()} "):
        if name in COUNTRY_CODES and word == "na":
            assert value_of(read(**{name: value}), name) == "NA"
        elif name in REQUIRED:
            fault = refusal(**{name: value})
            assert fault.reason == Reason.MISSING
            assert fault.detail.startswith(f"{name} is empty")
        elif name in CODES:
            assert value_of(read(**{name: value}), name) == value_of(read(**{name: ""}), name)
        else:
            assert value_of(read(**{name: value}), name) == ""


@pytest.mark.parametrize("word", sorted(NULL_WORDS))
def test_a_word_for_nothing_is_no_label_no_date_and_no_amount(word: str) -> None:
    assert reader().read(RawRow(fields(is_suspicious=word))).label is None
    assert read(label_known_at=word).label == read().label
    assert refusal(occurred_at=word).reason == Reason.MISSING
    assert refusal(amount=word).reason == Reason.AMOUNT


@pytest.mark.parametrize("value", SCIENTIFIC)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_id_in_scientific_notation_is_refused(name: str, value: str) -> None:
    fault = refusal(**{name: value})
    assert fault.reason == Reason.TYPE
    assert fault.detail.startswith(f"{name} is “{value}”, which is in scientific notation")


@pytest.mark.parametrize("value", PLAIN_IDS)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_id_that_only_looks_odd_stays_as_it_is(name: str, value: str) -> None:
    assert value_of(read(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("value", "result"),
    [('="00042"', "00042"), ("'00042", "00042"), ('=" A1 "', "A1"), ("123.0", "123"), ("123.000", "123"), ("0.0", "0"),
     ("9007199254740991.0", "9007199254740991"), (12, "12")],
)  # fmt: skip
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_id_of_a_spreadsheet_or_a_data_frame_is_what_it_stands_for(name: str, value: Any, result: str) -> None:
    assert value_of(read(**{name: value}), name) == result


@pytest.mark.parametrize("value", ["9007199254740993.0", "123456789012345678901.0", "M\ufffdller", '="4.6E+12"'])
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_id_that_has_lost_something_is_refused(name: str, value: str) -> None:
    assert refusal(**{name: value}).reason == Reason.TYPE


@pytest.mark.parametrize("value", ['="NULL"', '=""', "'"])
def test_a_text_cell_that_holds_nothing_is_nothing(value: str) -> None:
    assert read(counterparty=value).counterparty == ("'" if value == "'" else "")


@pytest.mark.parametrize("country", sorted(IBAN_LENGTHS))
def test_an_iban_is_one_account_in_every_writing(country: str) -> None:
    compact = (country + "07" + "1A2B" * 9)[: IBAN_LENGTHS[country]]
    groups = [compact[start : start + 4] for start in range(0, len(compact), 4)]
    forms = [compact, compact.lower(), *(mark.join(groups) for mark in (" ", "\xa0", "-", "  "))]
    for name in ("account", "counterparty"):
        assert {value_of(read(**{name: form}), name) for form in forms} == {compact}


def test_a_text_of_another_length_is_no_iban() -> None:
    assert read(account="de07 1234 5678 1234 5678 9").account == "de07 1234 5678 1234 5678 9"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("UK", "GB"),
        ("USA", "US"),
        ("EL", "GR"),
        ("DEU", "DE"),
        ("gbr", "GB"),
        ("Germany", "DE"),
        ("uk", "GB"),
        ("QQ", ""),
    ],
)
def test_another_code_of_a_country_is_refused_with_the_right_one(value: str, hint: str) -> None:
    fault = refusal(country=value)
    assert fault.reason == Reason.COUNTRY
    assert fault.detail.endswith(f"; write {hint}." if hint else "of two letters.")
    assert not hint or hint in COUNTRIES


@pytest.mark.parametrize("value", ["BTC", "ETH", "USDT", "US Dollar", "€", "EURO", "XXX"])
def test_what_is_no_currency_is_refused_as_one_whatever_its_length(value: str) -> None:
    fault = refusal(currency=value)
    assert (fault.reason, fault.detail) == (
        Reason.CURRENCY, f"currency is “{value.upper()}”, which is no ISO 4217 code finobs knows.",
    )  # fmt: skip


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_an_amount_of_every_currency_is_exact_or_refused(currency: str) -> None:
    places = CURRENCIES[currency]
    finest = f"1.{'1' * places}" if places else "1"
    row = read(currency=currency, amount=finest)
    assert (row.amount_minor, row.currency) == (int("1" * (places + 1)), currency)
    assert read(currency=currency, amount=f"11e-{places}").amount_minor == 11
    for finer in (f"0.{'0' * places}1", f"1e-{places + 1}", f"0.{'1' * (places + 1)}", "0.000000000000000001"):
        fault = refusal(currency=currency, amount=finer)
        assert fault.reason == Reason.AMOUNT
        assert currency in fault.detail


@pytest.mark.parametrize(
    ("text", "max_exact", "amount"),
    [("10.1", 2**24, 1010), ("167772.15", 2**24, 16_777_215), ("167772.17", 2**24, None), ("1234567.9", 2**24, None),
     ("90071992547409.91", 2**53, 9_007_199_254_740_991), ("90071992547409.93", 2**53, None), ("12.500", 2**53, 1250),
     ("12.500", 0, 1250), ("999999999999999.99", 0, 99_999_999_999_999_999)],
)  # fmt: skip
def test_an_amount_of_a_type_that_may_have_lost_digits_is_refused(
    text: str, max_exact: int, amount: int | None
) -> None:
    value = NumberText.of(text, max_exact)
    if amount is None:
        assert "digits may be lost" in refusal(amount=value).detail
    else:
        assert read(amount=value).amount_minor == amount


@pytest.mark.parametrize(
    ("text", "max_exact", "result"),
    [("2291163933867244", 2**53, "2291163933867244"), ("9007199254740994", 2**53, None), ("16777215", 2**24, "16777215"), ("16777216", 2**24, None), ("9007199254740992", 2**53, None),
     ("16777218", 2**24, None), ("1.5", 2**53, None), ("123", 0, "123"), ("99999999999999999999", 0, "99999999999999999999")],
)  # fmt: skip
def test_an_id_of_a_type_that_may_have_lost_digits_is_refused(text: str, max_exact: int, result: str | None) -> None:
    value = NumberText.of(text, max_exact)
    if result is None:
        assert "digits may be lost" in refusal(account=value).detail
    else:
        assert read(account=value).account == result


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u00ad", "\xa0"], ids=ascii)
@pytest.mark.parametrize(
    ("name", "value"), [("amount", "12{}.50"), ("occurred_at", "2026-{}03-02"), ("is_suspicious", "1{}1")]
)
def test_what_cannot_be_seen_is_named_where_no_text_is_read(name: str, value: str, mark: str) -> None:
    assert f"<U+{ord(mark):04X}>" in refusal(**{name: value.format(mark)}).detail


@pytest.mark.parametrize("name", ["currency", "country"])
def test_a_code_has_the_letters_of_codes_and_no_others(name: str) -> None:
    codes = CURRENCIES if name == "currency" else COUNTRIES
    folding = [
        chr(number) for number in range(128, 0x3000) if chr(number).upper().isascii() or chr(number).lower().isascii()
    ]
    assert {"\u00df", "\u0131", "\u017f", "\u212a"} <= set(folding)
    for letter in folding:
        for code in codes:
            for place in range(len(code)):
                for width in (1, 2):
                    value = code[:place] + letter + code[place + width :]
                    if value.upper() in codes:
                        assert refusal(**{name: value}).reason == (
                            Reason.CURRENCY if name == "currency" else Reason.COUNTRY
                        )


@pytest.mark.parametrize("since", ["2099-01-01", "2027-03-05T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_label_that_nobody_knows_yet_is_refused_with_its_row(since: str) -> None:
    fault = refusal(label_known_at=since)
    assert (fault.reason, fault.detail) == (Reason.DATE, f"label_known_at is {since[:10]}: nobody knows it yet.")
    assert read(label_known_at="2027-03-03T00:00:00Z").label


@pytest.mark.parametrize("text", ["9007199254740992.0", "9007199254740993.0", "99999999999999999.00"])
def test_a_whole_number_with_a_fraction_that_may_be_another_is_refused(text: str) -> None:
    assert refusal(account=text).reason == Reason.TYPE
    assert read(account="9007199254740991.0").account == "9007199254740991"


NOTHINGS = [
    "#NV", "#WERT!", "#BEZUG!", "#VALEUR!", "#N/D", "#SPILL!", "#CALC!", "#BLOCKED!", "########", "###", "#\u00a1VALOR!", "#\u00bfNOMBRE?", "#\u0418\u041c\u042f?",
    "#DIV/0!", "#ZAHL!", "#EXTERNAL!", "#PYTHON!", "(blank)", "(empty)", "-nan(ind)", "nan(ind)", "n/a.", "N.A", "N / A", "#N/A N/A", "{null}", "DBNull", "<null/>",
    "none.", "\u2212", "\u2010", "\u2011", "\u2205", "NOTPROVIDED", "Not  provided", "(none)",
]  # fmt: skip


@pytest.mark.parametrize("word", NOTHINGS)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_error_of_a_spreadsheet_is_no_account(name: str, word: str) -> None:
    for value in (word, f" {word} "):
        if name == "counterparty":
            assert read(counterparty=value).counterparty == ""
        else:
            assert refusal(**{name: value}).reason == Reason.MISSING


@pytest.mark.parametrize(
    "value", ["#1", "#A1", "#ABC", "A#", "#a!b", "##1", "#12/3", "NOT-1", "none of these", "N / B", "(1)", "# 7"]
)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_id_with_a_number_sign_is_an_id(name: str, value: str) -> None:
    assert value_of(read(**{name: value}), name) == value


@pytest.mark.parametrize(
    "value",
    ["1.23457 E+14", "1.23457E 14", "4.6E+0012", "1.23457D+14", "\uff11.\uff12\uff13E+14", "1.2E\u221214", "1,5 e 12", ".5E+12", "1.23457e+00014", "12E+\uff11\uff14",
     "1.5d12", "+1.2E+14", "1.23457E+ 14"],
)  # fmt: skip
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_id_is_in_scientific_notation_however_it_is_spaced(name: str, value: str) -> None:
    assert "scientific notation" in refusal(**{name: value}).detail


@pytest.mark.parametrize(
    "value", ["12E15", "46E11", "12D15", "5D12", "12D-5", "1.D", "A1.5E+14", "1.5E+14A", "1.2.3E4"]
)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_what_may_be_a_real_id_is_left(name: str, value: str) -> None:
    assert value_of(read(**{name: value}), name) == value


IBAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    "value",
    ["IBAN DE89 3704 0044 0532 0130 00", "IBAN: DE89370400440532013000", "iban de89370400440532013000", "IBANDE89370400440532013000", "DE89.3704.0044.0532.0130.00",
     "DE89\u20133704\u20130044\u20130532\u20130130\u201300", "DE89/3704/0044/0532/0130/00", "\uff24\uff2589370400440532013000", "\uff24\uff25\uff18\uff1989370400440532013000"[:4] + "370400440532013000",
     "'DE89370400440532013000", "'DE89 3704 0044 0532 0130 00", '="DE89 3704 0044 0532 0130 00"', '=T("DE89370400440532013000")', "DE89_3704_0044_0532_0130_00",
     "DE89\u20103704\u20110044\u221205320130\u201400"],
)  # fmt: skip
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_iban_is_one_account_behind_whatever_stands_before_or_in_it(name: str, value: str) -> None:
    assert value_of(read(**{name: value}), name) == IBAN


@pytest.mark.parametrize(
    ("value", "result"),
    [('=T("42")', "42"), ('=t("00042")', "00042"), ("'A-1", "A-1"), ("'00042", "00042"), ("''", "''"), ("'x'", "'x'"), ("'", "'"), ('=T(42)', "=T(42)"), ("O'Hara", "O'Hara"),
     ("IBAN 42", "IBAN 42"), ("A.B/C-D", "A.B/C-D"), ("DE89.3704", "DE89.3704"), ("D\u017f89370400440532013000", "D\u017f89370400440532013000")],
)  # fmt: skip
def test_a_text_cell_is_what_it_holds_and_all_else_stays(value: str, result: str) -> None:
    assert read(account=value).account == result


@pytest.mark.parametrize("moment", [datetime(2099, 1, 1, tzinfo=UTC), datetime(1960, 1, 1, 12, 30)])
@pytest.mark.parametrize("name", ["occurred_at", "account", "amount", "direction", "is_suspicious"])
def test_a_date_is_said_as_people_write_it(name: str, moment: datetime) -> None:
    detail = refusal(**{name: moment}).detail
    assert "datetime" not in detail
    assert f"{moment:%Y-%m-%d %H:%M}" in detail
