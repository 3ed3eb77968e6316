"""The file of quarantined rows: its columns, and how it keeps texts from being formulas in a spreadsheet.

What was written is read again exactly: `unescaped(escaped(text)) == text` for every text, and what was never escaped
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .row_validation import LABEL_FIELDS, MAX_LENGTHS

ROW_COLUMNS: Final = (*MAX_LENGTHS, *LABEL_FIELDS)
# What is said of the row stands after its fields; an import names these columns as not used.
ABOUT: Final = ("batch", "row", "state", "reason", "detail")
# A spreadsheet works out what begins so, whoever sent it; some take the full-width characters for the others.
FORMULA_STARTS: Final = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_FORMULA: Final = re.compile(f"'*[{re.escape(FORMULA_STARTS)}]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*")


def is_quarantine_file(header: Iterable[str]) -> bool:
    """Whether a file with these columns, of the mapping `finobs`, is one of quarantined rows."""
    return {name.strip().casefold() for name in header}.issuperset(ABOUT)


def escaped(text: str) -> str:
    """With a quote before what would be a formula, or before the quotes in front of it; a number is none."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
