"""Canonical bytes (RFC 8785) of what events may hold: text, whole numbers, true, false, null, lists, objects.

Floats are refused: RFC 8785 writes numbers as IEEE doubles, so money, scores and big ids travel as text. Under that
restriction, and with ASCII keys, Python's own JSON writer is exact; tests compare it with an independent one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from finobs.core.strict_json import unique_keys

Canonical: TypeAlias = "str | int | bool | Sequence[Canonical] | Mapping[str, Canonical] | None"
MAX_EXACT_INTEGER = 2**53 - 1
# The form of an event's body (docs/ledger.md): whoever adds, drops or renames a field of it raises this.
EVENT_SCHEMA = 3
# The form before that had no `changes`, and of the actor type and id only: such events stay as they are.
EVENT_SCHEMA_WITHOUT_CHANGES = 2


def canonical(value: Canonical) -> bytes:
    """The one byte string for `value`. Raises TypeError or ValueError for what has none."""
    _check(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def is_canonical(body: bytes) -> bool:
    """Whether `body` is the canonical form of an object: each key once, in order, and only what events may hold."""
    try:
        value = STRICT.decode(body.decode("utf-8"))
        return isinstance(value, dict) and canonical(value) == body
    except (ValueError, TypeError, RecursionError):
        return False


# Numbers that no event holds are no text in canonical form.
STRICT = json.JSONDecoder(object_pairs_hook=unique_keys)


def _check(value: object) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_EXACT_INTEGER:
            raise ValueError(f"{value} is not exact in JSON: write it as text")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise TypeError(f"key {key!r} is not ASCII text")
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form: write it as text")
