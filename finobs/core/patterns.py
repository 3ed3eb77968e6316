"""How much there is in a text that is to be hard to guess: what repeats itself, and what follows a row, counts once."""

from __future__ import annotations

import re
from typing import Final

from .keyboard import is_step

MIN_RUN: Final = 3


def unit(text: str) -> str:
    """The part of which `text` is a repetition, perhaps cut off in its middle; `text` itself if it is none."""
    return next((text[:n] for n in range(1, len(text) // 2 + 1) if (text[:n] * len(text))[: len(text)] == text), text)


def without_runs(text: str) -> str:
    """`text` with each character that stands several times in a row once, and each run of neighbours as its ends."""
    text = re.sub(r"(.)\1+", r"\1", text, flags=re.DOTALL)
    # Two runs that take turns (a1b2c3d4) are runs as well.
    if len(text) >= 2 * MIN_RUN and all(len(_ends(text[start::2])) <= 2 for start in (0, 1)):
        return text[:2] + text[-2:]
    return _ends(text)


def _ends(text: str) -> str:
    parts, start = [], 0
    while start < len(text):
        end = _run_end(text, start)
        parts.append(text[start] + text[end - 1] if end - start >= MIN_RUN else text[start])
        start = end if end - start >= MIN_RUN else start + 1
    return "".join(parts)


def _run_end(text: str, start: int) -> int:
    """One past the last of the neighbours that begin at `start`."""
    end = start + 1
    while end < len(text) and is_step(text[end - 1], text[end]):
        end += 1
    return end
