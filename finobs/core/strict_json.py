"""JSON as RFC 8259 says it, where Python's own reader lets more pass."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(raw: bytes) -> Any:
    """Decode strict JSON; numbers with a fraction or an exponent stay text, so that money never is a float.

    Raises ValueError.
    """
    try:
        return json.loads(
            raw.decode("utf-8"), parse_constant=_no_constant, parse_float=str, object_pairs_hook=unique_keys
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `object_pairs_hook`: Python's own reader takes the last of two keys. Raises ValueError."""
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return mapping
