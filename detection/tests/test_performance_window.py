"""Which days are looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from detection.performance.window import LAST, Window, requested_window, window
from finobs.core.errors import Invalid

NEWEST = datetime(2018, 8, 14, 23, 59, tzinfo=UTC)


def test_without_days_it_is_the_thirty_that_end_with_the_newest_transaction():
    found = requested_window(None, None, NEWEST)
    assert (found.first, found.last, found.days) == (date(2018, 7, 16), date(2018, 8, 14), 30)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2018, 1, 1), None, Window(date(2018, 1, 1), date(2018, 1, 30))),
        (None, date(2018, 1, 30), Window(date(2018, 1, 1), date(2018, 1, 30))),
        (date(2018, 1, 5), date(2018, 1, 5), Window(date(2018, 1, 5), date(2018, 1, 5))),
        (None, date(1970, 1, 3), Window(date(1970, 1, 1), date(1970, 1, 3))),
        (date(2999, 12, 30), None, Window(date(2999, 12, 30), LAST)),
    ],
)
def test_one_day_is_enough_to_say_which(first, last, expected):
    assert requested_window(first, last, NEWEST) == expected


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2018, 2, 1), date(2018, 1, 1), "to"),
        (date(2018, 1, 1), date(2018, 4, 3), "to"),
        (date(1, 1, 1), date(1, 1, 2), "from"),
        (date(2018, 1, 1), date(9999, 12, 31), "to"),
        (None, date(1, 1, 1), "from"),
        (date(9999, 12, 31), None, "from"),
    ],
)
def test_days_that_make_no_sense_are_refused(first, last, field):
    with pytest.raises(Invalid) as refused:
        requested_window(first, last, NEWEST)
    assert field in refused.value.fields


def test_ninety_two_days_are_the_most():
    assert window(date(2018, 1, 1), date(2018, 4, 2)).days == 92


def test_a_window_moves_by_its_own_length_and_ends_with_the_calendar():
    found = Window(date(2018, 1, 11), date(2018, 1, 20))
    assert found.moved(-1) == Window(date(2018, 1, 1), date(2018, 1, 10))
    assert found.moved(1) == Window(date(2018, 1, 21), date(2018, 1, 30))
    assert Window(date(1970, 1, 2), date(1970, 1, 5)).moved(-1) is None
    assert Window(date(2999, 12, 1), LAST).moved(1) is None


def test_the_moments_of_a_window_are_whole_days_in_utc():
    found = Window(date(2018, 1, 1), date(2018, 1, 2))
    assert (found.since, found.until) == (datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 1, 3, tzinfo=UTC))
