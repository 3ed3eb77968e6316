"""What one request or task is known by while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_memo: ContextVar[dict[Hashable, object] | None] = ContextVar("finobs_memo", default=None)
_reads_only: ContextVar[bool] = ContextVar("finobs_reads_only", default=False)
_request_id: ContextVar[str] = ContextVar("finobs_request_id", default="")


def request_id() -> str:
    """The id that every ledger event and log line of this piece of work carries; empty outside one."""
    return _request_id.get()


@contextmanager
def request(identifier: str = "", *, reads_only: bool = False) -> Iterator[str]:
    """Run a block under one request id. `reads_only`: it writes nothing, so that `memoize` may remember for it."""
    value = identifier or uuid.uuid4().hex
    token, memo = _request_id.set(value), _memo.set({} if reads_only else None)
    reading = _reads_only.set(reads_only)
    try:
        yield value
    finally:
        _request_id.reset(token)
        _memo.reset(memo)
        _reads_only.reset(reading)


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block `memoize` remembers, and afterwards not: for a write that asks again before it commits."""
    outer = _memo.get()
    token = _memo.set({} if outer is None else outer)
    try:
        yield
    finally:
        _memo.reset(token)


def memoize(key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` gives, computed once while a page is only read, and once in a service; else anew each time.

    A write waits for locks, and what was true before the wait may not be true after it: the frame of a service asks
    once more, of the database itself, before it commits (`core.authority`).
    """
    memo = _memo.get()
    if memo is None:
        return compute()
    if key not in memo:
        memo[key] = compute()
    return memo[key]  # type: ignore[return-value]


def memoize_while_reading(key: Hashable, compute: Callable[[], T]) -> T:
    """The same while a page is only read, and never in a service: of what a service itself changes."""
    return memoize(key, compute) if _reads_only.get() else compute()


def forget_memo() -> None:
    """Remember nothing that `memoize` holds: something that it may have looked at has changed."""
    memo = _memo.get()
    if memo is not None:
        memo.clear()
