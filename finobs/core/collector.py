"""How often Python looks for circles of garbage while much is made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# Rows by the ten thousand live for a second, each of some objects, and none is in a circle: looking through them every
# 700 took a tenth of an import.
MIN_NEW_OBJECTS = 100_000

_lock = Lock()
_running = 0
_threshold_before = gc.get_threshold()


def settle() -> None:
    """Call once everything is loaded: what is there now stays, and is not looked through while somebody waits."""
    gc.collect()
    gc.freeze()


@contextmanager
def rare_collection() -> Iterator[None]:
    """Within the block, the collector runs once in MIN_NEW_OBJECTS, in all threads of the process."""
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _running, _threshold_before
    with _lock:
        if not _running:
            _threshold_before = gc.get_threshold()
            gc.set_threshold(max(MIN_NEW_OBJECTS, _threshold_before[0]), *_threshold_before[1:])
        _running += 1


def _end() -> None:
    global _running
    with _lock:
        _running -= 1
        if not _running:
            gc.set_threshold(*_threshold_before)
