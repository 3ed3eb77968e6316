"""Where the bars of a waterfall stand, what is drawn and what is not, and the tables of the members beside it."""

from __future__ import annotations

from typing import Any

import pytest

from detection.ml.explain.waterfall import (
    FOOT,
    HEAD,
    LEFT,
    LETTER,
    MAX_BARS,
    RIGHT,
    STEP,
    UNITS,
    WIDTH,
    Waterfall,
    members,
    waterfall,
    waterfalls,
)

FEATURES = ("amount", "hour", "account_ratio_7", "account_ratio_30", "account_z_7", "account_z_30", "account_since",
            "is_night", "is_round", "is_weekend", "is_incoming", "weekday", "counterparty_since", "log_amount")  # fmt: skip


def explanation(*contributions: float, base: float = 0.2, **fields: Any) -> dict[str, Any]:
    features = [
        {"name": name, "observed": "1.0", "expected": None, "contribution": str(each)}
        for name, each in zip(FEATURES, contributions, strict=False)
    ]
    values = {"base": str(base), "score": str(base + sum(contributions)), "role": "anomaly", "model": "ensemble v1"}
    return {**values, "features": features, "members": [], "currency": "USD", "beside": [], **fields}


def drawn(*contributions: float, **fields: Any) -> Waterfall:
    return waterfall(explanation(*contributions, **fields), "USD")


def test_bars_lead_from_the_base_to_the_score():
    picture = drawn(0.4, -0.1, 0.2)
    bars = picture.bars
    assert [bar.text for bar in bars] == ["+0.4000", "+0.2000", "-0.1000"]
    assert [bar.kind for bar in bars] == ["up", "up", "down"]
    assert (picture.base_x, picture.score_x) == (LEFT, bars[-1].link)
    assert bars[0].x == picture.base_x
    assert [bar.link for bar in bars[:2]] == [bars[1].x, RIGHT]
    assert bars[2].x + bars[2].width == RIGHT


def test_a_bar_is_as_wide_as_its_contribution():
    picture = drawn(0.4, 0.2)
    unit = (RIGHT - LEFT) / 0.6
    assert [bar.width for bar in picture.bars] == [pytest.approx(each * unit, abs=0.11) for each in (0.4, 0.2)]


def test_bars_stand_one_below_the_other_and_the_picture_ends_below_them():
    picture = drawn(0.4, 0.2, 0.1)
    assert [bar.y for bar in picture.bars] == [HEAD, HEAD + STEP, HEAD + 2 * STEP]
    assert picture.height == HEAD + 3 * STEP + FOOT
    assert (picture.floor, picture.caption_y) == (picture.height - FOOT + 8, picture.height - 8)
    assert (picture.bars[0].text_y, picture.bars[0].end_y) == (HEAD - 4, HEAD + STEP)


def test_the_smallest_bar_can_still_be_seen():
    assert drawn(0.9, 0.0001).bars[1].width == 1


def test_what_cannot_be_read_is_not_drawn_and_is_summed_up():
    picture = drawn(0.4, 0.00004, -0.00003)
    assert [line.label for line in picture.lines_drawn] == ["Amount"]
    assert len(picture.bars) == 1
    assert (len(picture.lines_beyond), picture.beyond) == (2, "0.0000")


@pytest.mark.parametrize(("number", "bars", "beyond"), [(MAX_BARS, MAX_BARS, 0), (MAX_BARS + 1, MAX_BARS, 2)])
def test_of_many_features_the_least_stand_together(number, bars, beyond):
    picture = drawn(*[0.05 - index / 1_000 for index in range(number)])
    assert (len(picture.bars), len(picture.lines_beyond)) == (bars, beyond)
    if beyond:
        assert picture.bars[-1].label == f"{beyond} others"
        assert picture.bars[-1].text == picture.beyond


def test_a_picture_of_the_others_ends_at_the_score_too():
    picture = drawn(*[0.05 - index / 1_000 for index in range(14)])
    assert picture.score_x == pytest.approx(picture.bars[-1].link, abs=0.11)


@pytest.mark.parametrize(
    ("contributions", "finding"),
    [
        ((0.4, 0.1, -0.05), "The score of 0.6500 is above its base of 0.2000, most of all by “Amount” (+0.4000) and “Time of day” (+0.1000)"),
        ((-0.1, 0.05), "The score of 0.1500 is below its base of 0.2000, most of all by “Amount” (-0.1000)"),
        ((0.0004, -0.0004), "The score of 0.2000 is its base: no feature moved it"),
        ((0.0005,), "The score of 0.2005 is above its base of 0.2000, most of all by “Amount” (+0.0005)"),
    ],
)  # fmt: skip
def test_a_picture_states_what_moved_the_score_most(contributions, finding):
    assert drawn(*contributions).finding == finding


@pytest.mark.parametrize(("role", "unit"), UNITS.items())
def test_a_score_has_the_unit_of_its_model_s_role(role, unit):
    picture = drawn(0.4, role=role)
    assert (picture.unit, picture.model) == (unit, "ensemble v1")
    assert (picture.base, picture.score) == ("0.2000", "0.6000")


def test_the_words_at_the_ends_stay_inside_the_picture():
    up, down = drawn(0.4), drawn(-0.1)
    assert (up.base_anchor, up.score_anchor) == ("start", "end")
    assert (down.base_anchor, down.score_anchor) == ("end", "start")
    for bar in (*up.bars, *down.bars):
        assert bar.text_x >= LEFT
        assert bar.text_x + LETTER * (len(bar.label) + len(bar.text) + 1) <= WIDTH + 0.1


def test_one_picture_is_drawn_for_each_model_that_scored():
    beside = explanation(0.3, base=0.1, role="supervised", model="supervised v3")
    drawings = waterfalls(explanation(0.4, beside=[beside]))
    assert [(each.model, each.score) for each in drawings] == [("ensemble v1", "0.6000"), ("supervised v3", "0.4000")]
    assert drawings[1].lines[0].observed == "$1.00"


def test_a_member_is_a_table_in_its_own_unit_and_in_the_order_of_the_model():
    member = {
        "name": "isolation_forest",
        "unit": "splits",
        "value": "11.25",
        "base": "12.0",
        "contributions": ["-0.5", "-0.25"],
    }
    (table,) = members(explanation(0.1, 0.2, members=[member]))
    assert (table.title, table.unit, table.value, table.base) == ("Isolation Forest", "splits", "11.25", "12")
    assert table.rows == [("Amount", "-0.5000"), ("Time of day", "-0.2500")]
    assert not table.is_rebuilt


def test_a_reconstruction_s_table_has_what_was_observed_and_rebuilt():
    member = {
        "name": "pca", "unit": "error", "value": "1.5", "base": "1.0", "contributions": ["0.5", "0.0"],
        "reconstructed": ["0.75", "13.0"],
    }  # fmt: skip
    content = explanation(0.1, 0.2, members=[member])
    content["features"][1]["observed"] = None
    (table,) = members(content)
    assert table.is_rebuilt
    assert table.rows == [("Amount", "+0.5000", "1", "0.75"), ("Time of day", "+0.0000", "not known", "13")]


def test_a_member_without_a_title_is_named_as_it_is():
    member = {"name": "oracle", "unit": "", "value": "1", "base": "1", "contributions": []}
    (table,) = members(explanation(members=[member]))
    assert table.title == "oracle"
