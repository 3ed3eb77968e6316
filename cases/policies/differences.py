"""What changed from one document to the next. Pure.

>>> differences({"rules": [{"queue": "a"}], "most": 0}, {"rules": [{"queue": "b"}, {"queue": "c"}], "most": 0})
[Difference(at='rules.1.queue', before='a', after='b'), Difference(at='rules.2', before='', after='queue: c')]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """One place of a document, counted from 1 in lists, and what stood and stands there; "" where nothing."""

    at: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The places where the two are not the same, in the order of the document."""
    return [
        Difference(at, *("" if each is None else in_words(each) for each in (old, new)))
        for at, old, new in changes(before, after)
    ]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(place, what stood there, what stands there) of the same, as the documents have it; None where nothing."""
    return _compare(before, after, "")


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the document, by which the ledger knows it."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def in_words(value: Any) -> str:
    """A value of a document on one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{_word(name)}: {in_words(each)}" for name, each in value.items()) or "always"
    if isinstance(value, list):
        return ", ".join(in_words(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _word(name: str) -> str:
    return str(name).replace("_", " ")


def _compare(before: Any, after: Any, at: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(each for each in after if each not in before)]:
            yield from _compare(before.get(name), after.get(name), f"{at}.{name}" if at else name)
    elif isinstance(before, list) and isinstance(after, list) and _has_rows(before, after):
        for number in range(max(len(before), len(after))):
            old, new = (rows[number] if number < len(rows) else None for rows in (before, after))
            yield from _compare(old, new, f"{at}.{number + 1}")
    elif before != after:
        yield at, before, after


def _has_rows(*lists: list[Any]) -> bool:
    return any(isinstance(each, Mapping) for some in lists for each in some)
