"""The collector of garbage runs more rarely while rows come in, and as before after that."""

from __future__ import annotations

import gc

import pytest

from finobs.core.collector import MIN_NEW_OBJECTS, rare_collection, settle


def test_it_runs_rarely_within_the_block_and_as_before_after_it() -> None:
    before = gc.get_threshold()
    with rare_collection():
        assert gc.get_threshold() == (max(MIN_NEW_OBJECTS, before[0]), *before[1:])
    assert gc.get_threshold() == before


def test_two_at_once_end_with_the_last() -> None:
    before = gc.get_threshold()
    first, second = rare_collection(), rare_collection()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] >= MIN_NEW_OBJECTS
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_it_is_as_before_after_a_failure_too() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), rare_collection():
        raise ZeroDivisionError
    assert gc.get_threshold() == before


def test_whoever_has_it_run_more_rarely_still_is_left_alone() -> None:
    before = gc.get_threshold()
    gc.set_threshold(MIN_NEW_OBJECTS * 2, *before[1:])
    try:
        with rare_collection():
            assert gc.get_threshold()[0] == MIN_NEW_OBJECTS * 2
    finally:
        gc.set_threshold(*before)


def test_what_is_loaded_when_it_settles_is_looked_through_no_more() -> None:
    frozen = gc.get_freeze_count()
    loaded: list[object] = [{} for _ in range(1_000)]
    try:
        settle()
        assert gc.get_freeze_count() >= frozen + len(loaded)
    finally:
        gc.unfreeze()
