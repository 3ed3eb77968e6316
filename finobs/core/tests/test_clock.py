import datetime as dt

import pytest

from finobs.core import clock


def test_the_clock_is_held_within_the_block_and_aware_outside():
    moment = dt.datetime(2026, 2, 28, 23, 59, tzinfo=dt.UTC)
    with clock.at(moment):
        assert clock.now() == moment
    assert clock.now().tzinfo is dt.UTC
    assert clock.now() != moment


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"), clock.at(dt.datetime(2026, 1, 1)):
        pass
