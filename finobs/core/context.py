"""What one request or task is known by while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("finobs_request_id", default="")


def request_id() -> str:
    """The id that every ledger event and log line of this piece of work carries; empty outside one."""
    return _request_id.get()


@contextmanager
def request(identifier: str = "") -> Iterator[str]:
    """Run a block under one request id."""
    value = identifier or uuid.uuid4().hex
    token = _request_id.set(value)
    try:
        yield value
    finally:
        _request_id.reset(token)
