"""Numbers as people read them: money, times, shares, and how many."""

from __future__ import annotations

import math

import pytest

from detection.ml.explain import formatting


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (-1, "-1"), (1234567, "1,234,567"), (1.0, "1"), (1.5, "1.50"), (-1.5, "-1.50"),
        (1234.567, "1,234.57"), (0.5, "0.5"), (0.12345, "0.123"), (-0.12345, "-0.123"), (0.00001234, "1.23e-05"),
        (999_999_999_999_999, "999,999,999,999,999"), (1e15, "1,000,000,000,000,000.00"),
    ],
)  # fmt: skip
def test_a_number_has_as_many_digits_as_a_person_reads(value: float, text: str) -> None:
    assert formatting.number(value) == text
    assert formatting.plain(value, "USD") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1 payment"), (2, "2 payments"), (0, "0 payments"), (1234, "1,234 payments"), (1.5, "1.50 payments")],
)
def test_one_is_one_and_more_are_several(value: float, text: str) -> None:
    assert formatting.counted(value, "payment") == text


@pytest.mark.parametrize(("days", "text"), [("1", "1 day"), ("7", "7 days"), ("30", "30 days")])
def test_a_window_is_named_in_days(days: str, text: str) -> None:
    assert formatting.window(days) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1234.5, "USD", "$1,234.50"), (0, "USD", "$0.00"), (99_999.99, "USD", "$99,999.99"), (100_000, "USD", "$100,000"),
        (123_456.78, "USD", "$123,457"), (-100_000.4, "USD", "$-100,000"), (1234.4, "JPY", "¥1,234"),
        (1.5, "", "1.50"), (1.5, "???", "1.50"), (250_000, "", "250,000"),
    ],
)  # fmt: skip
def test_an_amount_is_known_to_the_cent_up_to_a_hundred_thousand(value: float, currency: str, text: str) -> None:
    assert formatting.sum_of_money(value, currency) == text
    assert formatting.in_money(value, currency) == text


@pytest.mark.parametrize("amount", [0.0, 1.0, 12.5, 99.99])
def test_the_logarithm_of_an_amount_is_read_back(amount: float) -> None:
    assert formatting.in_log_money(math.log1p(amount), "USD") == f"${amount:,.2f}"


def test_a_currency_of_three_places_shows_them() -> None:
    assert formatting.sum_of_money(1.5, "BHD").count("1.500") == 1


@pytest.mark.parametrize(("value", "text"), [(1, "yes"), (0.51, "yes"), (0.5, "no"), (0, "no")])
def test_a_truth_value_is_yes_above_a_half(value: float, text: str) -> None:
    assert formatting.yes(value, "") == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0, "00:00 UTC"),
        (9.5, "09:30 UTC"),
        (23.999, "00:00 UTC"),
        (23.99, "23:59 UTC"),
        (24, "00:00 UTC"),
        (13.25, "13:15 UTC"),
    ],
)
def test_hours_are_a_time_of_the_day(hours: float, text: str) -> None:
    assert formatting.clock(hours, "") == text


@pytest.mark.parametrize(("value", "day"), [(0, "Monday"), (6, "Sunday"), (7, "Monday"), (4.9, "Friday")])
def test_a_number_of_the_week_is_its_day(value: float, day: str) -> None:
    assert formatting.weekday(value, "") == day


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (59, "59 s"), (60, "1.0 min"), (90, "1.5 min"), (3_599, "60.0 min"), (3_600, "1.0 h"),
        (86_399, "24.0 h"), (86_400, "1.0 d"), (3 * 86_400 + 43_200, "3.5 d"),
    ],
)  # fmt: skip
def test_a_time_is_told_in_the_largest_unit_that_it_fills(seconds: float, text: str) -> None:
    value = math.log1p(seconds)
    if math.expm1(value) < seconds:  # what a logarithm lost must not change the unit
        value = math.nextafter(value, math.inf)
    assert formatting.waited(value, "") == text


@pytest.mark.parametrize(
    ("value", "share", "small"),
    [
        (0, "0.0%", "0.0%"), (0.5, "50.0%", "50.0%"), (0.001, "0.1%", "0.1%"), (0.0009, "0.1%", "0.090%"),
        (0.00001, "0.0%", "0.001%"), (1, "100.0%", "100.0%"),
    ],
)  # fmt: skip
def test_a_small_share_has_more_places(value: float, share: str, small: str) -> None:
    assert (formatting.share(value, ""), formatting.small_share(value, "")) == (share, small)


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1.0 times"), (99.94, "99.9 times"), (100, "100 times"), (12_345.6, "12,346 times")]
)
def test_a_multiple_loses_its_fraction_from_a_hundred_on(value: float, text: str) -> None:
    assert formatting.times(value, "") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "+0.0 deviations"), (2.345, "+2.3 deviations"), (-1234.5, "-1,234.5 deviations")]
)
def test_a_deviation_has_a_sign(value: float, text: str) -> None:
    assert formatting.deviations(value, "") == text
