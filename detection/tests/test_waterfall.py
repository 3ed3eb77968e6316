"""A waterfall: from the base to the score, each bar where the one before it ended, with words that say the most."""

from __future__ import annotations

from typing import Any

import pytest

from detection.ml.explain.waterfall import (
    FOOT,
    HEAD,
    LEFT,
    MAX_BARS,
    RIGHT,
    STEP,
    WIDTH,
    Waterfall,
    members,
    waterfall,
    waterfalls,
)

FEATURES = ("amount", "hour", "weekday", "is_incoming", "account_count_1", "account_count_7", "account_count_30",
            "account_sum_1", "account_sum_7", "account_sum_30", "pair_count_30", "country_count_30")  # fmt: skip


def explanation(contributions: list[float], base: float = 0.2, **fields: Any) -> dict[str, Any]:
    return {
        "base": repr(base), "score": repr(base + sum(contributions)), "role": "supervised", "model": "supervised 3",
        "features": [
            {"name": name, "observed": "2.0", "expected": "1.0", "contribution": repr(value)}
            for name, value in zip(FEATURES, contributions, strict=False)
        ],
        "members": [], **fields,
    }  # fmt: skip


def drawn(contributions: list[float], **fields: Any) -> Waterfall:
    return waterfall(explanation(contributions, **fields), "USD")


def test_bars_go_from_the_base_to_the_score_the_largest_first() -> None:
    picture = drawn([0.1, -0.3, 0.2])
    assert [bar.text for bar in picture.bars] == ["-0.3000", "+0.2000", "+0.1000"]
    assert [bar.kind for bar in picture.bars] == ["down", "up", "up"]
    assert [bar.y for bar in picture.bars] == [HEAD, HEAD + STEP, HEAD + 2 * STEP]
    assert picture.bars[0].x + picture.bars[0].width == pytest.approx(picture.base_x)
    assert picture.bars[-1].link == picture.score_x
    for before, after in zip(picture.bars, picture.bars[1:], strict=False):
        assert before.link in (after.x, pytest.approx(after.x + after.width))


def test_the_picture_is_as_wide_as_its_extremes_and_as_high_as_its_bars() -> None:
    picture = drawn([0.4, -0.1])
    assert (picture.base_x, picture.bars[0].link) == (LEFT, RIGHT)
    assert picture.height == HEAD + 2 * STEP + FOOT
    assert (picture.floor, picture.caption_y, picture.width) == (picture.height - FOOT + 8, picture.height - 8, WIDTH)
    assert (picture.bars[0].text_y, picture.bars[0].end_y) == (HEAD - 4, HEAD + STEP)


def test_the_words_name_the_two_that_moved_the_score_most_in_its_direction() -> None:
    finding = drawn([0.3, 0.2, 0.1, -0.25]).finding
    assert finding.startswith("The score of 0.5500 is above its base of 0.2000, most of all by “")
    assert finding.count("”") == 2
    assert "(+0.3000)" in finding
    assert "(+0.2000)" in finding
    below = drawn([-0.1, 0.05]).finding
    assert below.startswith("The score of 0.1500 is below its base of 0.2000, most of all by “")
    assert below.count("”") == 1


@pytest.mark.parametrize("contributions", [[0.0, 0.0], [0.0004, 0.0001]])
def test_a_score_that_nothing_moved_is_its_base(contributions: list[float]) -> None:
    assert drawn(contributions).finding.endswith("is its base: no feature moved it")


@pytest.mark.parametrize(("number", "bars", "beyond"), [(1, 1, 0), (9, 9, 0), (10, 10, 0), (11, 10, 2), (12, 10, 3)])
def test_of_many_features_the_least_are_drawn_together(number: int, bars: int, beyond: int) -> None:
    picture = drawn([0.01 * (number - index) for index in range(number)])
    assert (len(picture.bars), len(picture.lines), MAX_BARS) == (bars, number, 10)
    if beyond:
        assert picture.bars[-1].label == f"{beyond} others"
        assert picture.bars[-1].text == f"{sum(0.01 * (each + 1) for each in range(beyond)):+.4f}" == picture.beyond
        assert len(picture.lines_drawn) == MAX_BARS - 1
    assert len(picture.lines_beyond) == beyond


def test_what_cannot_be_read_of_a_score_is_not_drawn() -> None:
    picture = drawn([0.1, 0.00004, -0.00004])
    assert [bar.text for bar in picture.bars] == ["+0.1000"]
    assert [len(picture.lines_drawn), len(picture.lines_beyond), picture.beyond] == [1, 2, "0.0000"]


def test_a_bar_is_never_thinner_than_can_be_seen() -> None:
    assert min(bar.width for bar in drawn([0.9, 0.0002]).bars) == 1


def test_the_words_above_a_bar_end_within_the_picture() -> None:
    for bar in drawn([0.9, 0.05, 0.02]).bars:
        assert LEFT <= bar.text_x <= max(LEFT, WIDTH - 7.7 * (len(bar.label) + len(bar.text) + 1)) + 0.1


@pytest.mark.parametrize(
    ("role", "unit"),
    [("supervised", "probability of being confirmed suspicious"), ("anomaly", "anomaly score, 0 to 1")],
)
def test_a_score_is_told_in_the_unit_of_its_role(role: str, unit: str) -> None:
    picture = drawn([0.1], role=role)
    assert (picture.unit, picture.model, picture.base, picture.score) == (unit, "supervised 3", "0.2000", "0.3000")


def test_a_member_lists_its_contributions_in_its_own_unit() -> None:
    member = {
        "name": "isolation_forest",
        "unit": "path length",
        "value": "7.25",
        "base": "8.5",
        "contributions": ["-1.0", "-0.25"],
    }
    (table,) = drawn([0.1, 0.2], members=[member]).members
    assert (table.title, table.unit, table.value, table.base, table.is_rebuilt) == (
        "Isolation Forest", "path length", "7.25", "8.50", False,
    )  # fmt: skip
    assert [row[1:] for row in table.rows] == [("-1.0000",), ("-0.2500",)]


def test_a_member_that_rebuilds_shows_what_was_and_what_it_made_of_it() -> None:
    member = {
        "name": "other", "unit": "error", "value": "1.0", "base": "2.0", "contributions": ["0.5"],
        "reconstructed": ["1.5"],
    }  # fmt: skip
    given = explanation([0.1], members=[member])
    given["features"][0]["observed"] = None
    (table,) = members(given)
    assert (table.title, table.is_rebuilt, table.rows[0][1:]) == ("other", True, ("+0.5000", "not known", "1.50"))


def test_the_scores_beside_the_one_that_is_shown_are_drawn_after_it() -> None:
    beside = explanation([0.3], role="anomaly", model="ensemble 1")
    pictures = waterfalls({**explanation([0.1]), "currency": "USD", "beside": [beside]})
    assert [picture.model for picture in pictures] == ["supervised 3", "ensemble 1"]


@pytest.mark.parametrize(("score", "end"), [(0.9, "end"), (-0.9, "start")])
def test_words_at_an_end_of_the_picture_are_anchored_there(score: float, end: str) -> None:
    picture = drawn([score])
    assert picture.score_anchor == end
    assert picture.base_anchor == ("start" if end == "end" else "end")
