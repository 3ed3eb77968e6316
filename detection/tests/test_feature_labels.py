"""Every feature has plain words; one that nobody has words for is shown as it is."""

from __future__ import annotations

import pytest

from detection import features
from detection.ml.explain import waterfall
from detection.ml.explain.feature_labels import feature_label, lines, reasons
from detection.ml.explain.waterfall import LETTER, WIDTH


def kept(
    name: str, observed: str | None, expected: str | None = None, contribution: str = "0.1"
) -> dict[str, str | None]:
    return {"name": name, "observed": observed, "expected": expected, "contribution": contribution}


@pytest.mark.parametrize(
    ("name", "observed", "expected", "said"),
    [
        ("account_ratio_30", "4.2", "1.0", "4.2 times this account's 30-day mean (usual: 1.0 times)."),
        ("account_z_7", "-3.1", None, "3.1 standard deviations below this account's 7-day mean."),
        ("counterparty_risk_1", "2.0", None, "All of this counterparty's transactions in 1 day of known outcomes were confirmed suspicious."),
        ("account_z_7", "0.0", "1.0", "At this account's 7-day mean (usual: +1.0 deviations)."),
        ("counterparty_risk_7", "0.25", "0.0", "25.0% of this counterparty's transactions in 7 days of known outcomes were confirmed suspicious (usual: 0.0%)."),
        ("counterparty_rate_14", "0.00016", "0.00012", "A smoothed share of 0.016% confirmed suspicious for this counterparty in 14 days of known outcomes (usual: 0.012%)."),
        ("counterparty_frauds_1", "1.0", None, "1 transaction of this counterparty confirmed suspicious in 1 day."),
        ("log_amount", "6.908755", "3.0445225", "An amount of 1,000.00 (usual: 20.00)."),
        ("account_count_7", "1.0", None, "1 transaction of this account in 7 days."),
        ("account_count_7", "1200.0", "3.0", "1,200 transactions of this account in 7 days (usual: 3)."),
        ("account_since", "4.110874", None, "1.0 min after this account's last transaction."),
        ("is_night", "1.0", "0.0", "It was at night (usual: no)."),
        ("weekday", "6.0", "6.0", "It was a Sunday."),
        ("brand_new_thing", "1234.5", "1.0", "Brand new thing of 1,234.50 (usual: 1)."),
    ],
)  # fmt: skip
def test_a_feature_says_its_value_as_a_reason(name, observed, expected, said):
    assert reasons([kept(name, observed, expected)]) == [said]


def test_every_feature_of_every_set_has_words():
    for feature_set in features.FEATURE_SETS.values():
        for name in feature_set.names:
            plain = name.replace("_", " ").capitalize()
            assert feature_label(name).label != plain or name in ("amount", "weekday"), name


def test_the_hour_is_a_time_of_day():
    (line,) = lines([kept("hour", "6.25", "12.0", "0.03")])
    assert (line.label, line.observed, line.expected) == ("Time of day", "06:15 UTC", "12:00 UTC")


def test_what_is_not_known_is_said_so_and_is_no_reason():
    (line,) = lines([kept("account_z_30", None, "0.5")])
    assert line.observed == "not known"
    assert reasons([kept("account_z_30", None, "0.5")]) == []


def test_reasons_are_the_three_that_raised_the_score_most():
    each = [kept(f"thing_{index}", "1.0", None, contribution) for index, contribution in
            enumerate(["0.01", "-0.5", "0.2", "0.0001", "0.03", "0.02"])]  # fmt: skip
    assert reasons(each) == ["Thing 2 of 1.", "Thing 4 of 1.", "Thing 5 of 1."]


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1234.5", "USD", "$1,234.50"), ("1234.0", "JPY", "¥1,234"), ("1.5", "BHD", "BHD1.500"),
        ("1234567.9", "EUR", "€1,234,568"), ("1234.5", "", "1,234.50"),
    ],
)  # fmt: skip
def test_amounts_have_their_currency_and_no_cents_that_are_not_known(value, currency, shown):
    (line,) = lines([kept("amount", value, "12.0")], currency)
    assert (line.observed, line.expected) == (shown, "12.00")
    assert line.reason == f"An amount of {shown} (usual: 12.00)."


def test_of_reasons_that_say_nearly_the_same_one_is_told():
    each = [
        kept("counterparty_rate_14", "0.5", None, "0.3"), kept("counterparty_risk_30", "0.5", None, "0.2"),
        kept("account_ratio_7", "9.0", None, "0.19"), kept("account_z_30", "9.0", None, "0.18"),
        kept("counterparty_ratio_7", "3.0", None, "0.1"), kept("amount", "3.0", None, "0.05"),
    ]  # fmt: skip
    assert reasons(each) == [
        "A smoothed share of 50.0% confirmed suspicious for this counterparty in 14 days of known outcomes.",
        "9.0 times this account's 7-day mean.",
        "3.0 times this counterparty's 7-day mean.",
    ]


def test_every_label_has_room_above_its_bar():
    room = int(WIDTH / LETTER) - len(" +0.1234")
    for feature_set in features.FEATURE_SETS.values():
        assert [name for name in feature_set.names if len(feature_label(name).label) > room] == []


def test_the_picture_and_its_table_tell_as_many_others():
    each = [kept(f"thing_{index}", "1.0", None, str(0.2 / (index + 1) ** 5)) for index in range(30)]
    told = {"role": "anomaly", "model": "A 1", "base": "0.1", "score": "0.35", "members": [], "features": each}
    drawn = waterfall({**told, "features": [{**one, "contribution": "0.01"} for one in each[:12]] + each[12:]})
    assert drawn.bars[-1].label == f"{len(drawn.lines_beyond)} others" == "21 others"
    assert len(drawn.lines_drawn) == len(drawn.bars) - 1 == 9
    few = waterfall(told)
    assert [bar.label for bar in few.bars] == [line.label for line in few.lines_drawn]
