"""Numbers and features in words: each format at its turning points, each feature of the set by its name."""

from __future__ import annotations

import math
import re

import pytest

from detection import features
from detection.features.definition import RISK_WINDOWS, WINDOWS
from detection.ml.explain import formatting
from detection.ml.explain.feature_labels import (
    MIN_CONTRIBUTION,
    ROW,
    feature_label,
    lines,
    reasons,
    signed,
)

NAMES = features.ACCOUNT.names
WINDOWED = [name for name in NAMES if re.search(r"_\d+$", name)]


def feature(name, observed, contribution="0.1", expected=None):
    return {"name": name, "observed": observed, "expected": expected, "contribution": contribution}


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (formatting.number, 0.0, "0"), (formatting.number, 1234.0, "1,234"), (formatting.number, -3.0, "-3"),
        (formatting.number, 0.12345, "0.123"), (formatting.number, 0.99999, "1"), (formatting.number, 1.005, "1.00"),
        (formatting.number, 1234.567, "1,234.57"), (formatting.number, -0.5, "-0.5"),
        (formatting.number, 1e15, "1,000,000,000,000,000.00"),
        (formatting.window, "1", "1 day"), (formatting.window, "7", "7 days"), (formatting.window, "30", "30 days"),
    ],
)  # fmt: skip
def test_a_number_has_as_many_digits_as_a_person_reads(write, value, text):
    assert write(value) == text


@pytest.mark.parametrize(("value", "text"), [(1, "1 row"), (0, "0 rows"), (2, "2 rows"), (1500, "1,500 rows")])
def test_one_is_one_and_many_are_many(value, text):
    assert formatting.counted(value, "row") == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1234.5, "USD", "$1,234.50"), (99_999.99, "USD", "$99,999.99"), (100_000, "USD", "$100,000"),
        (-100_000, "USD", "$-100,000"), (1234.5, "JPY", "¥1,234"), (12.5, "", "12.50"), (250_000.4, "", "250,000"),
    ],
)  # fmt: skip
def test_a_sum_of_money_has_cents_as_far_as_they_are_known(value, currency, text):
    assert formatting.sum_of_money(value, currency) == text
    assert formatting.in_money(value, currency) == text


def test_the_logarithm_of_an_amount_is_read_as_the_amount():
    assert formatting.in_log_money(math.log1p(50), "EUR") == formatting.in_money(50, "EUR") == "€50.00"


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (formatting.yes, 1.0, "yes"), (formatting.yes, 0.5, "no"), (formatting.yes, 0.0, "no"),
        (formatting.clock, 0.0, "00:00 UTC"), (formatting.clock, 23.999, "00:00 UTC"),
        (formatting.clock, 13.75, "13:45 UTC"), (formatting.clock, 9.1, "09:06 UTC"),
        (formatting.weekday, 0.0, "Monday"), (formatting.weekday, 5.0, "Saturday"), (formatting.weekday, 6.0, "Sunday"),
        (formatting.waited, math.log1p(0), "0 s"), (formatting.waited, math.log1p(59), "59 s"),
        (formatting.waited, math.log1p(90), "1.5 min"), (formatting.waited, math.log1p(5_400), "1.5 h"),
        (formatting.waited, math.log1p(129_600), "1.5 d"),
        (formatting.share, 0.0, "0.0%"), (formatting.share, 0.125, "12.5%"), (formatting.share, 1.0, "100.0%"),
        (formatting.small_share, 0.00016, "0.016%"), (formatting.small_share, 0.001, "0.1%"),
        (formatting.small_share, 0.0, "0.0%"),
        (formatting.times, 4.25, "4.2 times"), (formatting.times, 99.94, "99.9 times"), (formatting.times, 100, "100 times"),
        (formatting.times, 1234.4, "1,234 times"),
        (formatting.deviations, 3.14, "+3.1 deviations"), (formatting.deviations, -2, "-2.0 deviations"),
        (formatting.plain, 12.0, "12"),
    ],
)  # fmt: skip
def test_a_value_is_written_in_the_unit_of_its_feature(write, value, text):
    assert write(value, "USD") == text


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_has_a_label_of_its_own_a_format_and_a_reason(name):
    label = feature_label(name)
    assert label.label[0].isupper()
    assert "_" not in label.label
    text = label.value_format(1.0, "USD")
    assert text
    reason = label.reason(1.0, text)
    assert reason[0].isupper() or reason[0].isdigit() or reason[0] == "$"
    assert not reason.endswith(".")
    assert "_" not in reason


def test_only_the_two_forms_of_the_amount_share_a_label():
    labels = [feature_label(name).label for name in NAMES]
    assert sorted(label for label in set(labels) if labels.count(label) > 1) == ["Amount"]
    assert set(ROW) <= set(NAMES)


@pytest.mark.parametrize("name", WINDOWED)
def test_a_feature_of_a_window_names_whose_it_is_and_how_long(name):
    who, what, days = re.fullmatch(r"(account|counterparty)_([a-z]+)_(\d+)", name).groups()  # type: ignore[union-attr]
    label = feature_label(name)
    span = "1 day" if days == "1" else f"{days} days"
    assert who in label.label
    assert (span if what not in ("ratio", "z") else f"{days}-day") in label.label
    reason = label.reason(3.0, label.value_format(3.0, "USD"))
    assert f"this {who}" in reason
    assert (span if what not in ("ratio", "z") else f"{days}-day") in reason


def test_the_windows_that_are_named_are_those_of_the_definition():
    days = {int(name.rsplit("_", 1)[1]) for name in WINDOWED}
    assert days == {*WINDOWS, *RISK_WINDOWS}


@pytest.mark.parametrize(
    ("name", "is_so", "is_not"),
    [
        ("is_weekend", "It was at the weekend", "It was on a working day"),
        ("is_night", "It was at night", "It was by day"),
        ("is_round", "The amount is round", "The amount is not round"),
        ("is_incoming", "Money comes in", "Money goes out"),
        ("is_new_counterparty", "This account's first with this counterparty in 30 days",
         "This account knows this counterparty"),
        ("is_new_country", "This account's first with this country in 30 days", "This account knows this country"),
    ],
)  # fmt: skip
def test_a_flag_says_either_that_it_is_so_or_that_it_is_not(name, is_so, is_not):
    label = feature_label(name)
    assert (label.reason(1.0, ""), label.reason(0.0, "")) == (is_so, is_not)
    assert (label.value_format(1.0, ""), label.value_format(0.0, "")) == ("yes", "no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.049, "At this account's 7-day mean"), (-0.049, "At this account's 7-day mean"),
        (0.06, "0.1 standard deviations above this account's 7-day mean"),
        (-1_234.5, "1,234.5 standard deviations below this account's 7-day mean"),
    ],
)  # fmt: skip
def test_deviations_are_at_above_or_below_the_mean(value, text):
    assert feature_label("account_z_7").reason(value, "") == text


def test_a_name_that_only_looks_like_a_windowed_feature_is_shown_as_it_is():
    for name in ("account_weather_7", "merchant_count_7", "account_count_7_x"):
        assert feature_label(name).label == name.replace("_", " ").capitalize()


@pytest.mark.parametrize(
    ("contribution", "text"),
    [(0.12345, "+0.1235"), (-0.5, "-0.5000"), (0.00004, "0.0000"), (-0.00004, "0.0000"), (0.0, "0.0000"), (0.00006, "+0.0001")],
)  # fmt: skip
def test_a_contribution_has_a_sign_unless_nothing_can_be_read_of_it(contribution, text):
    assert signed(contribution) == text


def test_lines_are_in_the_order_of_what_they_did_whichever_way_and_then_by_label():
    given = [feature("hour", "1.0", "0.1"), feature("amount", "5.0", "-0.3"), feature("is_night", "1.0", "0.1")]
    assert [line.label for line in lines(given)] == ["Amount", "At night", "Time of day"]


def test_a_line_has_its_amount_in_the_currency_and_the_usual_one_without():
    (line,) = lines([feature("amount", "12.5", "0.25", "10.0")], "USD")
    assert (line.observed, line.expected, line.signed) == ("$12.50", "10.00", "+0.2500")
    assert line.reason == "An amount of $12.50 (usual: 10.00)."


def test_what_is_just_as_usual_is_not_said_to_be():
    (line,) = lines([feature("amount", "10.0", "0.25", "10.001")], "USD")
    assert line.reason == "An amount of $10.00."


@pytest.mark.parametrize(("contribution", "count"), [(MIN_CONTRIBUTION, 1), (MIN_CONTRIBUTION * 0.99, 0), (-0.3, 0)])
def test_only_what_raised_the_score_by_what_can_be_seen_is_a_reason(contribution, count):
    assert len(reasons([feature("amount", "10.0", str(contribution))])) == count


def test_of_one_family_the_feature_that_raised_most_is_told():
    told = reasons([
        feature("account_z_7", "4.0", "0.2"), feature("account_ratio_30", "9.0", "0.3"),
        feature("counterparty_ratio_7", "5.0", "0.1"),
        feature("counterparty_risk_7", "0.5", "0.04"), feature("counterparty_frauds_7", "2.0", "0.05"),
        feature("hour", "3.0", "0.01"),
    ])  # fmt: skip
    assert told == [
        "9.0 times this account's 30-day mean.", "5.0 times this counterparty's 7-day mean.",
        "2 transactions of this counterparty confirmed suspicious in 7 days.",
    ]  # fmt: skip
