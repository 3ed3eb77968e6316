"""What a caller may keep busy, and the short answers to those who want more.

A request costs a thread from the moment that Django sees it. So Django sees it once its body is there: whoever sends
slowly holds a connection and some memory, and nobody else waits for them (docs/decisions/0031).
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncIterable
from typing import Final

from finobs.core import context, http
from finobs.core.errors import FinobsError, TooLarge, Unavailable

# The first line and the headers of a request.
MAX_HEADER_SECONDS: Final = 10.0
# A body must be there within this time, however it trickles.
MAX_BODY_SECONDS: Final = 20.0
# All threads busy: how long a request waits for one before it is told to come again.
MAX_QUEUE_SECONDS: Final = 20.0
# Room for an uploaded file; what of it Django takes as fields is bounded by DATA_UPLOAD_MAX_MEMORY_SIZE.
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
# Of all bodies that are being read. Small ones are always read: signing in must not depend on who uploads.
MAX_BUFFERED_BYTES: Final = 256 * 1024 * 1024
SMALL_BODY_BYTES: Final = 64 * 1024

# Of the log.
MAX_LINES_A_MINUTE: Final = 60
SECONDS_A_MINUTE: Final = 60
MAX_PATH_LENGTH: Final = 200
log = logging.getLogger("finobs.http")

Answer = tuple[int, list[tuple[str, str]], bytes]


class SlowBody(FinobsError):
    """The body did not come within `MAX_BODY_SECONDS`."""

    status, code, title = 408, "timeout", "The request did not arrive in time"


class NoLength(FinobsError):
    """A body in chunks whose end cannot be told from its sender's."""

    status, code, title = 411, "length-required", "The request must say how long its body is"


class Busy(Unavailable):
    """Every thread is at work, or memory for bodies is used up."""

    title = "finobs has too much to do just now"


class Bodies:
    """Reads bodies whole, within the limits. One for each event loop, which alone may use it."""

    def __init__(self) -> None:
        self.used = 0

    async def read(self, chunks: AsyncIterable[bytes], declared: str) -> bytes:
        """The body that `chunks` make; `declared` is its Content-Length, or empty. `forget` it once it is served.

        Raises SlowBody, TooLarge, Busy.
        """
        if declared.isdecimal() and (len(declared) > 12 or int(declared) > MAX_BODY_BYTES):
            raise _too_large()
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(MAX_BODY_SECONDS):
                async for part in chunks:
                    self._take(len(part), size)
                    size += len(part)
                    parts.append(part)
        except BaseException as error:
            self.used -= size
            if isinstance(error, TimeoutError):
                raise SlowBody(f"The body must arrive within {MAX_BODY_SECONDS:.0f} seconds.") from None
            raise
        return b"".join(parts)

    def forget(self, body: bytes) -> None:
        self.used -= len(body)

    def _take(self, size: int, so_far: int) -> None:
        if so_far + size > MAX_BODY_BYTES:
            raise _too_large()
        if so_far + size > SMALL_BODY_BYTES and self.used + size > MAX_BUFFERED_BYTES:
            raise Busy("Too many large requests are being received. Try again in a moment.")
        self.used += size


def _too_large() -> TooLarge:
    return TooLarge(f"A request may have {MAX_BODY_BYTES // 1024 // 1024} MiB.")


def is_liveness(method: str, path: str) -> bool:
    """Is it asked whether this process runs? The event loop knows: no thread, no database, no Django."""
    return path == "/livez" and method in ("GET", "HEAD")


def alive() -> Answer:
    return 200, [("content-type", "application/json"), ("cache-control", "no-store")], b'{"status": "ok"}'


class RefusalLines:
    """Who was refused before Django saw them; in a minute MAX_LINES_A_MINUTE, for anybody can be refused at will."""

    def __init__(self) -> None:
        self.began, self.lines, self.left_out = -math.inf, 0, 0

    def write(self, status: int, identifier: str, method: str, path: str) -> None:
        at = time.monotonic()
        if at - self.began >= SECONDS_A_MINUTE:
            self.began, self.lines = at, 0
        if self.lines >= MAX_LINES_A_MINUTE:
            self.left_out += 1
            return
        more = f"; {self.left_out} lines like it were left out" if self.left_out else ""
        self.lines, self.left_out = self.lines + 1, 0
        # The path as Python writes it: what cannot be printed is escaped.
        where = ascii(path[:MAX_PATH_LENGTH])
        log.warning("%d to request %s: %.20s %s%s", status, identifier, method, where, more)


lines = RefusalLines()


def refusal(error: FinobsError, method: str, path: str) -> Answer:
    """Status, headers and body of a refusal that needs neither a thread nor Django. Written to the log."""
    with context.request() as identifier:
        body = json.dumps(http.problem(error)).encode()
        lines.write(error.status, identifier, method, path)
    # What is still being sent is not read: the connection cannot be used again.
    return error.status, [*_headers(error, identifier), ("connection", "close")], body


def fault(raised: Exception, method: str, path: str, identifier: str) -> Answer:
    """The same of an answer that failed after Django had given it; `identifier`: that of its request, if known."""
    with context.request(identifier) as request_id:
        error = http.as_error(raised)
        if error is None:
            log.error("the answer to %.20s %s failed", method, ascii(path[:MAX_PATH_LENGTH]), exc_info=raised)
            error = FinobsError("Something went wrong on our side.")
            error.status, error.code, error.title = 500, "fault", "finobs made a mistake"
        return error.status, _headers(error, request_id), json.dumps(http.problem(error)).encode()


def _headers(error: FinobsError, identifier: str) -> list[tuple[str, str]]:
    headers = [
        ("content-type", http.PROBLEM),
        ("x-request-id", identifier),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ]
    return headers + ([("retry-after", "2")] if isinstance(error, Unavailable) else [])
