"""A refusal as text, for where there is neither a page nor a problem document: commands."""

from __future__ import annotations

from .errors import FinobsError, Invalid
from .text import visible


def refusal_text(error: FinobsError) -> str:
    """The refusal, with a line for each field that is wrong. What it quotes of a file does not speak to a terminal."""
    if not isinstance(error, Invalid) or not error.fields:
        return visible(error.detail)
    lines = [f"{name}: {text}" if name else text for name, texts in error.fields.items() for text in texts]
    return visible("\n  ".join([Invalid.title + ":", *lines]))
