"""What another system said with its alert, as a table that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from transactions.row_faults import printable

MAX_PAYLOAD_ROWS: Final = 500
MAX_CELL: Final = 1_000


def payload_table(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of everything in a JSON object: parts of objects behind a point, members of lists by number."""
    rows: list[tuple[str, str]] = []
    for name, value in _parts(payload):
        if len(rows) == MAX_PAYLOAD_ROWS:
            rows.append(("…", f"Only the first {MAX_PAYLOAD_ROWS} values are listed."))
            break
        rows.append((printable(name, MAX_CELL), printable(value, MAX_CELL)))
    return rows


def _parts(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """In the order of the payload, without recursion: what came may be nested as deep as its text allows."""
    waiting: list[tuple[str, Any]] = list(payload.items())[::-1]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict | list) and value:
            pairs = value.items() if isinstance(value, dict) else enumerate(value, 1)
            waiting += reversed([(f"{name}.{key}", each) for key, each in pairs])
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    if value is None or value == {} or value == []:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)
