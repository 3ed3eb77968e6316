"""Exceptions as a log may show them: where they happened and of what kind, without the values that they quote.

PostgreSQL says `Key (email)=(ana@example.com) already exists` and `Failing row contains (...)`; Python says `invalid
literal for int(): '4111 1111'`. A log is read by people who may not read those rows, and is kept longer than they are.
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final

import kombu.exceptions
import redis.exceptions
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist, TemplateSyntaxError

from ..db.failures import is_database_error, text_without_values

MAX_MESSAGE_LENGTH: Final = 300
# These speak of code, files and servers, not of rows.
ABOUT_CODE: Final = (
    ImportError, AttributeError, NameError, TypeError, NotImplementedError, SyntaxError, MemoryError, RecursionError,
    OSError, ImproperlyConfigured, TemplateDoesNotExist, TemplateSyntaxError, redis.exceptions.RedisError,
    kombu.exceptions.KombuError,
)  # fmt: skip
LEFT_OUT: Final = "(its text may quote data and is left out)"


def safe_text(error: BaseException) -> str:
    """What kind of error it is, and its text where that quotes no data. One line."""
    name = type(error).__name__
    if is_database_error(error):
        return f"{name}: {_line(text_without_values(error))}"
    if isinstance(error, ABOUT_CODE):
        return f"{name}: {_line(str(error))}"
    return f"{name} {LEFT_OUT}" if str(error) else name


def safe_traceback(error: BaseException) -> str:
    """As Python prints it, causes first, with `safe_text` in place of each text."""
    parts = []
    for link, introduction in _chain(error):
        parts.append("Traceback (most recent call last):\n" if link.__traceback__ else "")
        parts += traceback.format_tb(link.__traceback__)
        parts.append(f"{safe_text(link)}\n{introduction}")
    return "".join(parts).rstrip("\n")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, what that was raised from."""
    return _links(error, lambda link: link.__cause__)


def _links(
    error: BaseException | None, before: Callable[[BaseException], BaseException | None]
) -> Iterator[BaseException]:
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        yield error
        error = before(error)


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_MESSAGE_LENGTH]


def _chain(error: BaseException) -> list[tuple[BaseException, str]]:
    """Causes first, each with what Python writes between it and the next."""
    links = list(_links(error, lambda link: link.__cause__ or link.__context__))
    introductions = [
        "\nThe above exception was the direct cause of the following exception:\n\n"
        if following.__cause__ is link
        else "\nDuring handling of the above exception, another exception occurred:\n\n"
        for following, link in itertools.pairwise(links)
    ]
    return list(zip(reversed(links), [*reversed(introductions), ""], strict=True))


def excepthook(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    """For `sys.excepthook`: what a command dies of is in the same words, for it may be in a container's log."""
    import sys

    sys.stderr.write(f"{safe_traceback(error)}\n")
