"""One line when a server is lost, one a minute while it is away, one when it is back: not one for each who asked."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

import kombu.exceptions
import redis.exceptions

from ..db.failures import is_connection_lost
from .exceptions import causes, safe_text

SECONDS_BETWEEN_LINES: Final = 60
POSTGRESQL: Final = "PostgreSQL"
REDIS: Final = "Redis"
ANSWERS: Final = "503"
REDIS_ERRORS: Final = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    kombu.exceptions.OperationalError,
)
log = logging.getLogger("finobs.outage")


@dataclass
class Outage:
    began: float
    last_line: float
    left_out: int = 0


_outages: dict[str, Outage] = {}
_lock = threading.Lock()


class OutageFilter(logging.Filter):
    """Lets the first record about a lost server through, without its traceback, and then one a minute."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Of several handlers, each asks: what is left out by one is left out by all.
        attributes: dict[str, Any] = record.__dict__
        if "is_written" not in attributes:
            attributes["is_written"] = record.name == log.name or _is_written(record)
        return bool(attributes["is_written"])


def _is_written(record: logging.LogRecord) -> bool:
    """Whether a record is written; one about an outage is shortened to its line."""
    server, error = _server_of(record)
    if not server:
        return True
    left_out = _count(server)
    if left_out is None:
        return False
    text = safe_text(error) if error else record.getMessage()
    more = f"; {left_out} lines about it were left out" if left_out else ""
    record.msg, record.args = "%s%s" if server == ANSWERS else f"{server} is lost: %s%s", (text, more)
    record.exc_info = record.exc_text = None
    return True


def recovered(server: str) -> None:
    """Say that it answers again, if it was lost. Called where something has just been answered."""
    if server not in _outages:
        return
    with _lock:
        outage = _outages.pop(server, None)
        _outages.pop(ANSWERS, None)
    if outage:
        seconds = time.monotonic() - outage.began
        log.warning("%s answers again after %.0f s; %d lines were left out", server, seconds, outage.left_out)


def _count(server: str) -> int | None:
    """How many records have been left out since the last line; None: this one is left out too."""
    at = time.monotonic()
    with _lock:
        if server == ANSWERS and _outages.keys() - {ANSWERS}:
            return None
        outage = _outages.get(server)
        if outage is None:
            _outages[server] = Outage(at, at)
            return 0
        if at - outage.last_line < SECONDS_BETWEEN_LINES:
            outage.left_out += 1
            return None
        left_out, outage.left_out, outage.last_line = outage.left_out, 0, at
        return left_out


def _server_of(record: logging.LogRecord) -> tuple[str, BaseException | None]:
    """Which server's loss the record is about, if any, and the error that says so.

    What was raised while a loss was handled, and not because of it, is a fault of its own.
    """
    arguments: Any = record.args
    values = list(arguments.values()) if isinstance(arguments, dict) else list(arguments or ())
    errors = [record.exc_info[1]] if record.exc_info else []
    errors += [value for value in values if isinstance(value, BaseException)]
    for error in errors:
        for link in causes(error):
            if server := lost_server(link):
                return server, link
    if getattr(record, "status_code", 0) == 503 and not any(errors):
        return ANSWERS, None
    # The consumer writes the error into its text.
    if record.name.startswith("celery.worker.consumer") and record.levelno >= logging.WARNING:
        text = str(record.msg).lower()
        if "connect" in text or "broker" in text:
            return REDIS, None
    return "", None


def lost_server(error: BaseException) -> str:
    """The server that this error says is lost, or empty: a time-out is told by one that is there."""
    if is_connection_lost(error):
        return POSTGRESQL
    return REDIS if isinstance(error, REDIS_ERRORS) else ""
