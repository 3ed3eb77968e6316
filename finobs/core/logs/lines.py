"""The filter and the formatter of every handler."""

from __future__ import annotations

import copy
import logging
from typing import Any

from .. import context
from .exceptions import safe_text, safe_traceback


class RequestIdFilter(logging.Filter):
    """Gives each record the id of the request, task or command that it belongs to; `-` outside one."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of an answer after the request has ended, and hands the request over.
        request = getattr(record, "request", None)
        # Celery tells of a task before it begins, and hands over what it knows of it.
        task = getattr(record, "data", None)
        record.request_id = (
            context.request_id()
            or getattr(request, "request_id", "")
            or (task.get("id", "") if isinstance(task, dict) else "")
            or "-"
        )
        return True


class LineFormatter(logging.Formatter):
    """One line, and a traceback where there is one; exceptions as `exceptions` writes them, wherever they stand."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        # Another handler may have written the traceback already, in its own words.
        record.exc_text = None
        record.args = _safe_arguments(record)
        if record.name.startswith("django.security"):
            # What a caller sent, whom anybody can be: one line says it, and where Django noticed is no news.
            record.exc_info = None
        if isinstance(record.msg, BaseException):
            record.msg = safe_text(record.msg)
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        # Where a traceback is asked for outside an `except`, there is none.
        return safe_traceback(ei[1]) if ei[1] else ""


def _safe_arguments(record: logging.LogRecord) -> Any:
    arguments: Any = record.args
    if isinstance(arguments, dict):
        # Celery writes the failed task's exception, traceback and arguments into its message.
        failed = record.exc_info[1] if record.exc_info else None
        hidden = {"traceback": "", "args": "", "kwargs": ""} if "exc" in arguments else {}
        exception = {"exc": safe_text(failed) if failed else "see its job"} if "exc" in arguments else {}
        return {name: _safe(value) for name, value in arguments.items()} | hidden | exception
    return tuple(_safe(value) for value in arguments or ())


def _safe(value: Any) -> Any:
    return safe_text(value) if isinstance(value, BaseException) else value
