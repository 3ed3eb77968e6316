"""From the members' own units to the shown score: the sum is exact, and what was not explained is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.ml.explain.contributions import MemberContributions, combine, slope

numbers = st.floats(-20, 20)


def part(base: float, contributions: list[float]) -> MemberContributions:
    values = np.array(contributions)
    return MemberContributions("one", "units", base, base + float(values.sum()), values)


def fold(raw: float) -> float:
    return 0.5 + 0.5 * raw / (1 + abs(raw))


@given(numbers, numbers, st.lists(numbers, min_size=3, max_size=3), st.lists(numbers, min_size=3, max_size=3))
def test_the_sum_is_the_shown_score(first, second, ones, others):
    parts, curves = [part(first, ones), part(second, others)], [lambda v: 0.7 * v, lambda v: math.atan(v)]
    exact = fold(sum(curve(each.value) for each, curve in zip(parts, curves, strict=True)))
    score = round(exact, 6)
    shown = combine(parts, curves, fold, score)
    assert shown.base + shown.contributions.sum() == pytest.approx(score, abs=1e-9)


@given(numbers, st.lists(numbers, min_size=2, max_size=5))
def test_a_rising_curve_keeps_every_sign(base, contributions):
    one = part(base, contributions)
    found = combine([one], [lambda v: v / 4], fold, fold(one.value / 4)).contributions
    for before, after in zip(contributions, found, strict=True):
        assert before * after >= 0 or abs(after) < 1e-9


def test_where_nothing_moved_the_tangent_is_taken():
    assert slope(math.exp, 1.0, 1.0) == pytest.approx(math.e, rel=1e-6)
    shown = combine([part(0, [2.0, -2.0])], [lambda v: v], fold, fold(0))
    assert shown.contributions == pytest.approx([1.0, -1.0], abs=1e-3)
    assert shown.base == 0.5


def test_where_the_curve_begins_the_tangent_is_taken_on_its_one_side():
    shown = combine([part(0, [0.0, 0.0])], [lambda v: math.log(v + 1e-9)], fold, fold(math.log(1e-9)))
    assert shown.contributions == pytest.approx([0, 0])


def test_a_score_that_the_parts_do_not_make_is_refused():
    with pytest.raises(ValueError, match=r"make a score of 0\.750000, not 0\.740000"):
        combine([part(0, [1.0])], [lambda v: v], fold, 0.74)
