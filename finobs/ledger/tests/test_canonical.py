"""Canonical bytes compared with an independent writer of RFC 8785."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finobs.ledger.canonical import MAX_EXACT_INTEGER, canonical

keys = st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-MAX_EXACT_INTEGER, MAX_EXACT_INTEGER)
values: Any = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def written(value: Any) -> str:
    """RFC 8785, section 3.2, by hand."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    ordered = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
    return "{" + ",".join(f"{written(key)}:{written(inner)}" for key, inner in ordered) + "}"


@given(values)
def test_the_canonical_form_writes_what_rfc_8785_says_and_reads_back(value):
    assert canonical(value) == written(value).encode()
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(keys, numbers, min_size=2))
def test_the_order_in_which_keys_came_does_not_matter(value):
    assert canonical(dict(reversed(list(value.items())))) == canonical(value)


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1: 2}, {"é": 1}, object(), {"a": [1.5]}])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), {"n": [2**60]}])
def test_numbers_that_a_double_cannot_hold_are_refused(value):
    with pytest.raises(ValueError, match="write it as text"):
        canonical(value)


def test_a_lone_surrogate_has_no_bytes():
    with pytest.raises(UnicodeEncodeError):
        canonical("\ud800")
