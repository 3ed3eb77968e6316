"""The next batch is read while the one before is written, and says the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from finobs.core import clock
from transactions.read_ahead import ReadAhead


def test_items_come_in_their_order_and_end() -> None:
    with ReadAhead(iter(range(3))) as ahead:
        assert [ahead.next() for _ in range(5)] == [0, 1, 2, None, None]


def test_an_item_is_read_while_the_one_before_is_written() -> None:
    second_was_read = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        second_was_read.set()
        yield 2

    with ReadAhead(items()) as ahead:
        assert ahead.next() == 1
        assert not second_was_read.is_set()
        ahead.start()
        assert second_was_read.wait(10)
        assert [ahead.next(), ahead.next()] == [2, None]


def test_what_is_being_read_is_not_begun_again() -> None:
    with ReadAhead(iter(range(3))) as ahead:
        ahead.start()
        ahead.start()
        assert [ahead.next(), ahead.next(), ahead.next(), ahead.next()] == [0, 1, 2, None]


def test_what_reading_raises_is_raised_where_the_item_is_asked_for() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken further on")

    with ReadAhead(items()) as ahead:
        assert ahead.next() == 1
        ahead.start()
        with pytest.raises(ValueError, match="broken further on"):
            ahead.next()


def test_nothing_is_being_read_once_the_block_is_left() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    with ReadAhead(items()) as ahead:
        ahead.next()
        ahead.start()
    assert read == [0, 1]


def test_the_present_moment_is_the_same_for_the_thread() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with clock.at(moment), ReadAhead(clock.now() for _ in range(2)) as ahead:
        ahead.start()
        assert ahead.next() == moment
