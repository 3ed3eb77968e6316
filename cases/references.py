"""How people name a case or an incident."""

from __future__ import annotations

from typing import Final

from finobs.core import clock

# No case was opened before.
FIRST_YEAR: Final = 2020


def reference(letter: str, year: int, number: int) -> str:
    """
    >>> reference("C", 2026, 123)
    'C-2026-000123'
    """
    return f"{letter}-{year}-{number:06d}"


def references_meant(letter: str, text: str) -> list[str]:
    """The references that a person may mean who writes `text`. They are in capitals; people read out the number of
    one, without letter and year, and every year is tried: an index has no look-up by the end of a text.

    >>> references_meant("C", "c-2026-000123")
    ['C-2026-000123']
    """
    # A clock that is behind another one's at the turn of the year finds its cases too.
    years = range(FIRST_YEAR, clock.now().year + 2) if text.isdecimal() else ()
    return [text.upper(), *(reference(letter, year, int(text)) for year in years)]
