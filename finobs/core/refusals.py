"""A refusal as text, for where there is neither a page nor a problem document: commands."""

from __future__ import annotations

from .errors import FinobsError, Invalid


def refusal_text(error: FinobsError) -> str:
    """The refusal, with a line for each field that is wrong."""
    if not isinstance(error, Invalid) or not error.fields:
        return error.detail
    lines = [f"{name}: {text}" if name else text for name, texts in error.fields.items() for text in texts]
    return "\n  ".join([Invalid.title + ":", *lines])
