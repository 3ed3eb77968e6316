"""Why somebody did something, in their own words: one validator for every service, with one wording.

>>> require_reason("  Ask the customer first. ")
'Ask the customer first.'
>>> why_not_reason("ok")
'Say why, in at least 3 characters.'
>>> why_not_reason("................")
'Say why in words: this has no different letters.'
"""

from __future__ import annotations

from typing import Final

from .errors import Invalid
from .plain_text import TOO_MANY_MARKS, has_letters, has_too_many_marks, visible_length
from .text import DeceptiveText, clean

MIN_REASON_LENGTH: Final = 3
MAX_REASON_LENGTH: Final = 2_000


def require_reason(
    text: str, *, field: str = "reason", min_length: int = MIN_REASON_LENGTH, max_length: int = MAX_REASON_LENGTH
) -> str:
    """`text` in its one form (`core.text`). Raises Invalid beside `field` for what says nothing, deceives, or is too
    much."""
    if refusal := why_not_reason(text, min_length=min_length, max_length=max_length):
        raise Invalid(fields={field: [refusal]})
    return clean(text, multiline=True)


def optional_reason(text: str, *, field: str = "reason", max_length: int = MAX_REASON_LENGTH) -> str:
    """The same where a service can do without: nothing at all is a reason too. Raises Invalid."""
    return require_reason(text, field=field, min_length=0, max_length=max_length)


def why_not_reason(text: str, *, min_length: int = MIN_REASON_LENGTH, max_length: int = MAX_REASON_LENGTH) -> str:
    """Why `text` is no reason, in words; empty when it is one. For a service that collects what is wrong."""
    try:
        plain = clean(text, multiline=True)
    except DeceptiveText as error:
        return f"Say why in plain text; this {error}."
    # Blanks, and marks upon letters, are no part of an answer.
    if visible_length(plain) < min_length:
        return f"Say why, in at least {min_length} characters."
    if len(plain) > max_length:
        return f"Say why, in at most {max_length:,} characters."
    if has_too_many_marks(plain):
        return f"Say why in plain text; this {TOO_MANY_MARKS}."
    return "Say why in words: this has no different letters." if plain and not has_letters(plain) else ""
