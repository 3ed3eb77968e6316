from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..row_validation import RawRow


@dataclass(frozen=True, slots=True)
class RowFile:
    """The rows of a file, and how many there are about (blank lines and lines within quotes count too)."""

    rows: Iterator[RawRow]
    total: int
