"""What one request or task is known by while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_found: ContextVar[dict[Hashable, object] | None] = ContextVar("finobs_found", default=None)
_request_id: ContextVar[str] = ContextVar("finobs_request_id", default="")


def request_id() -> str:
    """The id that every ledger event and log line of this piece of work carries; empty outside one."""
    return _request_id.get()


@contextmanager
def request(identifier: str = "", *, reads_only: bool = False) -> Iterator[str]:
    """Run a block under one request id. `reads_only`: it writes nothing, so that `once` may remember for it."""
    value = identifier or uuid.uuid4().hex
    token, cache = _request_id.set(value), _found.set({} if reads_only else None)
    try:
        yield value
    finally:
        _request_id.reset(token)
        _found.reset(cache)


def once(key: Hashable, find: Callable[[], T]) -> T:
    """What `find` gives, asked once while a page is only read; asked anew by everything that may write.

    A write waits for locks, and what was true before the wait may not be true after it.
    """
    cache = _found.get()
    if cache is None:
        return find()
    if key not in cache:
        cache[key] = find()
    return cache[key]  # type: ignore[return-value]


def forget() -> None:
    """Remember nothing of what `once` found: something that it may have looked at has changed."""
    cache = _found.get()
    if cache is not None:
        cache.clear()
