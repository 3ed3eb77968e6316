"""How people name a case or an incident."""

from __future__ import annotations


def reference(letter: str, year: int, number: int) -> str:
    """
    >>> reference("C", 2026, 123)
    'C-2026-000123'
    """
    return f"{letter}-{year}-{number:06d}"
