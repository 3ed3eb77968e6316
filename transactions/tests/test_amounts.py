"""Every way to write a sign, a decimal mark and a currency, against what a mapping says of them."""

from __future__ import annotations

import itertools
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.amounts import DECIMAL_MARKS, SIGN_MEANINGS, AmountNotation, NumberText, is_below_zero

NEGATIVE = [
    "-30.00",
    "30.00-",
    "\u221230.00",
    "30.00\u2212",
    "(30.00)",
    "( 30.00 )",
    "- 30.00",
    "\u201330.00",
    "\uff0d30.00",
]
POSITIVE = ["30.00", "+30.00", " 30.00 ", "30.00+", "+ 30.00"]
ZERO = ["0", "0.00", "-0.00", "(0.00)", "0E-9", "-0"]
# With a currency's sign in every place that statements put it.
CURRENCY = ["$30.00", "$ 30.00", "30.00$", "30.00 $"]
NEGATIVE_CURRENCY = ["-$30.00", "$-30.00", "($30.00)", "$(30.00)", "30.00-$", "30.00$-", "\u2212 $ 30.00", "$30.00-"]
NO_NUMBERS = ["--30.00", "(-30.00)", "-30.00-", "+-30", "(30.00", "30.00)", "()", "(", "-", "30 . 00", "3O.00", "0x10", "1_000",
              "٣.٠٠", "twelve", "1.2.3", "$", "30.00 DR", "12.50 CR"]  # fmt: skip


def refusal(notation: AmountNotation, text: str) -> str:
    with pytest.raises(ValueError) as caught:
        notation.read(text)
    return str(caught.value)


@pytest.mark.parametrize("sign", SIGN_MEANINGS)
@pytest.mark.parametrize("mark", ["", *DECIMAL_MARKS])
def test_every_writing_of_a_sign_means_what_the_mapping_says(sign: str, mark: str) -> None:
    below, above = SIGN_MEANINGS[sign]
    assert {below, above} == {"in", "out"}
    plain, dollars = AmountNotation(mark, "", sign), AmountNotation(mark, "$", sign)

    def said(text: str) -> str:
        return text.replace(".", mark or ".")

    for text in NEGATIVE:
        assert plain.read(said(text)) == dollars.read(said(text)) == ("30.00", below)
    for text in POSITIVE:
        assert plain.read(said(text)) == dollars.read(said(text)) == ("30.00", above)
    for text in NEGATIVE_CURRENCY:
        assert dollars.read(said(text)) == ("30.00", below)
        assert "which" in refusal(plain, said(text))
    for text in CURRENCY:
        assert dollars.read(said(text)) == ("30.00", above)


@pytest.mark.parametrize("text", [*NEGATIVE, "-12.50", "(5)"])
def test_a_sign_without_a_meaning_is_refused_by_its_name(text: str) -> None:
    assert "below zero, and the mapping does not say what that means" in refusal(AmountNotation(), text)


@pytest.mark.parametrize("text", POSITIVE)
def test_an_amount_above_zero_says_no_direction_by_itself(text: str) -> None:
    assert AmountNotation().read(text) == ("30.00", "")


@pytest.mark.parametrize("text", ZERO)
@pytest.mark.parametrize("sign", ["", *SIGN_MEANINGS])
def test_zero_moves_nothing_whatever_its_sign(text: str, sign: str) -> None:
    number, direction = AmountNotation(".", "", sign).read(text)
    assert (float(number), direction) == (0, "")


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize(
    "notation", [AmountNotation(mark, "", sign) for mark in ("", ".", ",") for sign in ("", *SIGN_MEANINGS)]
)
def test_what_is_no_number_is_refused_in_words(notation: AmountNotation, text: str) -> None:
    assert len(refusal(notation, text)) > 10


@pytest.mark.parametrize(
    "text", ["1,234", "1.234", "12.500", "999.999", "1,234.50", "1.234,50", "1 234,50", "1'234.50", "12,5"]
)
def test_grouped_digits_are_no_fraction_while_no_decimal_mark_is_said(text: str) -> None:
    assert "decimal_mark" in refusal(AmountNotation(), text)
    assert "decimal_mark" in refusal(AmountNotation(sign="negative is out"), f"-{text}")


@pytest.mark.parametrize("text", ["0.123", "1234.567", "1.2345", "110.7", "1234.50", ".5", "5.", "1.5E+5", "1000"])
def test_a_number_that_can_be_read_in_one_way_needs_no_decimal_mark(text: str) -> None:
    assert AmountNotation().read(text) == (text, "")


@pytest.mark.parametrize(
    ("mark", "text", "number"),
    [
        (",", "1.234,50", "1234.50"), (",", "1 234,50", "1234.50"), (",", "1\xa0234,50", "1234.50"), (",", "1'234,50", "1234.50"),
        (",", "1.234.567,8", "1234567.8"), (",", "1.234", "1234"), (",", "12,5", "12.5"), (",", ",5", "0.5"), (",", "5,", "5"),
        (".", "1,234.50", "1234.50"), (".", "1,234,567", "1234567"), (".", "1,23,456.70", "123456.70"), (".", "1,234", "1234"),
        (".", "1.234", "1.234"), (".", "1\u202f234.5", "1234.5"), (".", "1\u2019234.50", "1234.50"), (".", "1.5E+5", "1.5E+5"),
    ],
)  # fmt: skip
def test_a_decimal_mark_that_is_said_makes_the_others_groups(mark: str, text: str, number: str) -> None:
    assert AmountNotation(mark).read(text) == (number, "")


GROUPS = ["0{0}500", "012{0}345", "0{0}000{0}500", "00{0}500", "31{0}12{0}2025", "1{0}23{0}4567", "1{0}12{0}3456", "12{0}34{0}56", "1{0}2{0}345",
          "123{0}45{0}678", "1{0}234{0}56{0}789", "1{0}23{0}456{0}789", "0{0}12{0}345", "01{0}23{0}456", "{0}123", "1{0}234{0}", "1{0}0"]  # fmt: skip


@pytest.mark.parametrize("mark", DECIMAL_MARKS)
@pytest.mark.parametrize("group", [",", ".", " ", "'", "\u2019", "\xa0"])
@pytest.mark.parametrize("text", GROUPS)
def test_a_fraction_or_a_date_is_no_group_of_thousands(mark: str, group: str, text: str) -> None:
    """1,000 times the amount is what a fraction would be that is read as a group."""
    if group != mark and not (group.isspace() and text.strip("{0}") != text):
        for tail in ("", f"{mark}50"):
            assert "which" in refusal(AmountNotation(mark), text.format(group) + tail)


@pytest.mark.parametrize("group", [".", " ", "'"])
@pytest.mark.parametrize("text", ["1{0}23{0}456", "1{0}12{0}345", "12{0}34{0}567", "31{0}12{0}202"])
def test_groups_of_two_are_parted_by_commas(group: str, text: str) -> None:
    refusal(AmountNotation("," if group == "." else "."), text.format(group))
    assert AmountNotation(".").read(text.format(",")) == (text.replace("{0}", ""), "")


@pytest.mark.parametrize(
    ("mark", "text"),
    [(",", "110.7"), (",", "116.62"), (",", "5.00"), (",", "1,234,5"), (",", "1.23,4"), (",", "1,5E3"), (".", "1,2"),
     (".", "1,23"), (".", "12,34.5"), (".", "1,234 567.00"), (".", "1234,567.00"), (".", "1.234.567"), (",", "1.234.56,0"), (",", "1.23.456"), (",", "0.500")],
)  # fmt: skip
def test_digits_that_are_no_groups_of_thousands_are_refused(mark: str, text: str) -> None:
    assert refusal(AmountNotation(mark), text) == f"which is no number with “{mark}” as decimal mark"


def test_another_currencys_sign_is_refused_by_its_name() -> None:
    for text, sign in (("€5", "€"), ("5 EUR", "EUR"), ("5 Kč", "Kč")):
        assert f"“{sign}”" in refusal(AmountNotation(), text).replace(" ", "").replace("which", "which ")
    assert AmountNotation(currency_sign="EUR").read("EUR 5.00") == ("5.00", "")
    refusal(AmountNotation(currency_sign="€"), "$5")
    refusal(AmountNotation(currency_sign="€"), "€5€")


def test_a_typed_number_is_never_grouped_and_keeps_its_type() -> None:
    for notation in itertools.starmap(AmountNotation, itertools.product(("", ".", ","), ("", "€"), SIGN_MEANINGS)):
        number, direction = notation.read(NumberText.of("-1.234", 2**24))
        assert isinstance(number, NumberText)
        assert (number, number.max_exact, direction) == ("1.234", 2**24, SIGN_MEANINGS[notation.sign][0])


@given(
    minor=st.integers(1, 10**15), mark=st.sampled_from(DECIMAL_MARKS), group=st.sampled_from([",", ".", " ", "'", "\xa0", ""]),
    sign=st.sampled_from(sorted(SIGN_MEANINGS)), style=st.sampled_from(["{}", "-{}", "{}-", "({})", "\u2212{}", "+{}"]),
)  # fmt: skip
def test_whatever_is_written_is_read_back_exactly(minor: int, mark: str, group: str, sign: str, style: str) -> None:
    if group == mark:
        return
    text = style.format(f"{minor // 100:,}".replace(",", group) + f"{mark}{minor % 100:02}")
    number, direction = AmountNotation(mark, "", sign).read(text)
    assert number == f"{minor // 100}.{minor % 100:02}"
    assert direction == SIGN_MEANINGS[sign][0 if style not in ("{}", "+{}") else 1]


@pytest.mark.parametrize(
    "text", [*NEGATIVE, *NEGATIVE_CURRENCY, "-1,234.50", "(1.234,50 €)", "-€5", "1 200,00-", "EUR -5,00"]
)
def test_an_amount_below_zero_is_seen_however_it_is_written(text: str) -> None:
    assert is_below_zero(text)


@pytest.mark.parametrize("text", [*POSITIVE, *ZERO, *CURRENCY, "", "-", "1,234.50", "2025-01-05", "12-34", "A-1"])
def test_another_amount_is_not_below_zero(text: str) -> None:
    assert not is_below_zero(text)


@pytest.mark.parametrize("text", ["(" * 100_000 + ")" * 100_000, "-" * 100_000, "1" * 201, "1,000" * 100_000])
def test_a_text_that_is_no_number_costs_no_time(text: str) -> None:
    started_at = perf_counter()
    for notation in (AmountNotation(), AmountNotation(",", "€", "negative is out")):
        assert refusal(notation, text) == "which is too long for a number"
    assert not is_below_zero(text)
    assert perf_counter() - started_at < 1
