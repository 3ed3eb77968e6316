"""Why a row cannot be taken, and how a value is said in a sentence."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NoReturn

from .choices import QuarantineReason

MAX_QUOTED = 80
MAX_PRINTABLE = 1000

# What a page or a database cannot hold, or what turns the direction of the words around it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class RowFault(Exception):
    """Why a row cannot be taken: a reason code and plain words."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def quoted(value: Any) -> str:
    """A value for people's eyes: cut, and without what a page or a database cannot hold.

    What cannot be seen is named by its code, or nobody would know why 12<U+200B>.50 is no number.
    """
    excerpt = printable(value, MAX_QUOTED)
    if not excerpt.isprintable():
        excerpt = "".join(each if each.isprintable() or each in "\n\t" else f"<U+{ord(each):04X}>" for each in excerpt)
    return f"“{excerpt}”" if isinstance(value, str) else excerpt


def printable(value: Any, max_length: int = MAX_PRINTABLE) -> str:
    """The beginning of a value as clean text."""
    full = value if isinstance(value, str) else str(value) if isinstance(value, datetime) else repr(value)
    excerpt = _UNPRINTABLE.sub("\ufffd", full[:max_length])
    return f"{excerpt}…" if len(full) > max_length else excerpt


def missing(name: str, value: Any = None) -> NoReturn:
    """Raise the fault of a field that must be there; `value` is a word such as NULL that came in its place."""
    word = f": {quoted(value)} says that there is none" if isinstance(value, str) and value.strip() else ""
    raise RowFault(QuarantineReason.MISSING, f"{name} is empty{word}.")


def not_text(value: Any, name: str) -> NoReturn:
    """Raise the fault of a value that is a list, an object, a truth value or nothing."""
    if value is None or value == "":
        missing(name)
    raise RowFault(QuarantineReason.TYPE, f"{name} is {quoted(value)}; it must be text.")
