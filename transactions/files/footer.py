"""Which lines below the last row are a footer (totals, legal text), and which are rows that went wrong.

What is left out must not be a row: where either may be, it is a row, and goes to quarantine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..mappings import Mapping
from .header import DELIMITERS, VALUE

# What may part columns where a line has only one by the delimiter of the file.
_OTHER_DELIMITERS: Final = (*DELIMITERS, "^", "~")


class Footer:
    """Knows the columns of a table by their places."""

    def __init__(self, mapping: Mapping, names: Sequence[str]) -> None:
        def places(*fields: str) -> list[int]:
            sources = [source for field in fields if (source := mapping.sources.get(field))]
            return [names.index(column) for source in sources for column in source.used_columns]

        self.width = len(names)
        self.keys = places("external_id", "account")
        self.dates = places("occurred_at")
        self.amounts = places("amount", "amount_out", "amount_in")

    def may_have(self, values: Sequence[str]) -> bool:
        """Of a line of the table's width: it has neither id nor account, no date, and no amount but one of a word.

        Beside the amount of a total its name stands, where rows have their date.
        """
        if not self.keys or any(values[place].strip() for place in self.keys):
            return False
        dates = [text for place in self.dates if (text := values[place].strip())]
        has_amount = any(is_value(values[place]) for place in self.amounts)
        return not any(map(is_value, dates)) and (bool(dates) or not has_amount)

    def may_be(self, text: str) -> bool:
        """Of a line with one column only: it is words, no id that is all that is left of a row, nor a row parted by
        another delimiter.
        """
        marks = [mark for mark in _OTHER_DELIMITERS if mark in text]
        return self.width > 1 and not (any(_is_row(text.split(mark)) for mark in marks) if marks else is_value(text))


def is_value(text: str) -> bool:
    """Whether a text is an id, a date or an amount, rather than words: 1 234,50, 2025-01-05 10:00, A-1."""
    text = text.strip()
    return bool(VALUE.fullmatch(text)) or (any(each.isdigit() for each in text) and len(text.split()) == 1)


def _is_row(cells: list[str]) -> bool:
    return is_value(cells[0]) or sum(map(is_value, cells)) > 1
