"""Where values stand in a chart."""

from __future__ import annotations

import math

import pytest
from django.template.loader import render_to_string

from finobs.core.charts import ColumnLayout, Frame, Mark, Plot, Point, Scale, apart, ticks

FRAME = Frame(width=400, height=300, left=40, right=388, top=26, foot=264)


def test_an_axis_goes_from_left_to_right_and_from_foot_to_top() -> None:
    assert [FRAME.across(0, 1)(share) for share in (0, 0.5, 1)] == [40, 214, 388]
    assert [FRAME.up(0, 1)(share) for share in (0, 0.5, 1)] == [264, 145, 26]


def test_a_warped_scale_keeps_its_ends_and_steps_by_the_same_factor() -> None:
    scale = Scale(1, 100, 0, 200, warp=math.log)
    assert [scale(value) for value in (1, 10, 100)] == [0, 100, 200]


def test_what_has_no_extent_stands_at_the_start() -> None:
    assert Scale(5, 5, 40, 388)(5) == 40
    assert Scale(0, 0, 0, 68, digits=2)(0) == 0


@pytest.mark.parametrize(("value", "at"), [(-1, 0), (0, 0), (2, 20), (10, 100), (11, 100)])
def test_a_value_beyond_the_scale_stands_at_its_nearer_end(value: float, at: float) -> None:
    assert Scale(0, 10, 0, 100).clamped(value) == at


def test_columns_fill_the_width_but_for_their_gaps() -> None:
    columns = ColumnLayout(90, 720, digits=2)
    assert (columns.step, columns.x(0), columns.x(89)) == (8, 0, 712)
    assert columns.bar(gap=columns.step * 0.3) == 5.6


def test_words_stand_where_there_is_room() -> None:
    assert (Mark(100, "now", 400).anchor, Mark(100, "now", 400).beside) == ("start", 104)
    assert (Mark(350, "now", 400).anchor, Mark(350, "now", 400).beside) == ("end", 346)


def test_words_beside_lines_that_touch_are_said_once() -> None:
    close = apart([Mark(100, "now", 400), Mark(110, "chosen", 400)])
    assert [mark.text for mark in close] == ["", "now, chosen"]
    far = [Mark(100, "now", 400), Mark(200, "chosen", 400)]
    assert apart(far) == far
    assert apart(far[:1]) == far[:1]


def test_a_plot_is_drawn_with_its_words() -> None:
    plot = Plot(
        finding="It rises", frame=FRAME, points=[Point(40.0, 264.0, 264.0, 200.0, "the first <of two>")],
        side=ticks(FRAME.up(0, 1), (0, 1), ".0%"), floor=[], line="40,264 388,26", across_label="scores",
        up_label="shares", marks=[Mark(100, "now", 400)], is_guide=True,
    )  # fmt: skip
    drawn = render_to_string("_shell/plot.html", {"plot": plot})
    for part in (
        'viewBox="0 0 400 300"', 'aria-label="It rises. The table beside it has the same numbers."', ">100%</text>",
        '<polyline class="guide" points="40,264 388,26">', "the first &lt;of two&gt;", ">now</text>", ">scores</text>",
        ">shares</text>", 'cx="40.0"',
    ):  # fmt: skip
        assert part in drawn
