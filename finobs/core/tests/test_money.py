"""Money is exact, or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finobs.core import money
from finobs.core.errors import Invalid


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.34", "USD", 1234),
        ("12.3", "USD", 1230),
        ("500", "JPY", 500),
        ("1.234", "BHD", 1234),
        ("-0.01", "EUR", -1),
        ("1e3", "USD", 100000),
        (7, "USD", 700),
        ("0e999999999", "USD", 0),
        ("-0", "USD", 0),
        ("1.23000000000000000000000000000000000000", "USD", 123),
    ],
)
def test_money_counts_in_the_currencys_own_minor_units(amount, currency, minor):
    assert money.to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "sNaN",
        "1e400",
        "1e17",
        "12.345",
        "ten",
        "",
        "1,000",
        "1_000",
        " 1",
        "١٢",
        "1e-9",
        "0.001",
        "1e-999999999",
        "1.0000000000000000000000000000000001",
        "0.00999999999999999999999999999999999999",
    ],
)
def test_money_refuses_what_is_no_amount_of_the_currency(amount):
    with pytest.raises(Invalid):
        money.to_minor(amount, "USD")


@pytest.mark.parametrize("currency", ["", "usd", "XXXX", "ZZZ", "12"])
def test_money_refuses_an_unknown_currency(currency):
    with pytest.raises(Invalid):
        money.to_minor("1", currency)


@given(st.integers(min_value=-money.MAX_MINOR, max_value=money.MAX_MINOR), st.sampled_from(["USD", "JPY", "BHD"]))
def test_there_and_back_is_the_same(minor, currency):
    assert money.to_minor(money.text(minor, currency), currency) == minor


def test_people_read_separators_and_machines_do_not():
    assert money.display(123450, "USD") == "$1,234.50"
    assert money.text(123450, "USD") == "1234.50"
    assert money.to_decimal(123450, "JPY") == Decimal(123450)


@pytest.mark.parametrize("amount", ["1.000", "12.500", "999.999", "-1.234", "+1.000"])
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_a_text_that_may_be_thousands_is_no_fraction(amount, currency):
    with pytest.raises(Invalid, match="may be thousands or a fraction"):
        money.to_minor(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1.234", "KWD", 1234), ("1.234", "CLF", 12340), ("0.500", "USD", 50), ("1.0000", "USD", 100), ("1000.000", "USD", 100_000),
     (Decimal("1.000"), "USD", 100)],
)  # fmt: skip
def test_a_fraction_that_can_be_nothing_else_is_one(amount, currency, minor):
    assert money.to_minor(amount, currency) == minor
