"""What a process makes once and keeps for its threads: sessions, explainers, tables. The last few of each."""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
_lock = Lock()


def remember(kept: dict[K, V], key: K, made: V, most: int) -> V:
    """Keep what was made under `key`, and forget the oldest beyond `most`. The answer is `made`, whatever other threads
    keep or forget meanwhile: to look it up again could fail."""
    with _lock:
        while len(kept) >= most:
            kept.pop(next(iter(kept)))
        kept[key] = made
    return made
