"""The reasons of attribute rules as people read them.

What an alert keeps is what the rule said: "Attribute cash_7d is 20320, above 10000.", by the name of the column, for it
must come out the same when it is raised again. Pages say it by the label that the source gives the column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from finobs.core.money import DECIMAL
from transactions.attributes import Attribute, declared

_REASON: Final = re.compile(r"Attribute ([a-z][a-z0-9_]*) is (.+?)(?:, (above|below) (.+?))?\.")


def is_worded(reason: str) -> bool:
    """Whether this is a reason that is written otherwise for people."""
    return _REASON.fullmatch(reason) is not None


def in_words(reason: str, declaration: Mapping[str, Any]) -> str:
    """`reason` with the label of the attribute, and numbers with separators; another rule's as it is.

    >>> source = {"cash_7d": {"type": "number", "label": "Cash of seven days"}}
    >>> in_words("Attribute cash_7d is 20320, above 10000.", source)
    'Cash of seven days is 20,320, above 10,000.'
    """
    match = _REASON.fullmatch(reason)
    if match is None:
        return reason
    name, value, test, limit = match.groups()
    attribute = declared(declaration).get(name)
    label = attribute.label if attribute else name.replace("_", " ").capitalize()
    numbers = [_number(each, attribute, is_compared=test is not None) for each in (value, limit or "")]
    return f"{label} is {numbers[0]}{f', {test} {numbers[1]}' if test else ''}."


def _number(text: str, attribute: Attribute | None, *, is_compared: bool) -> str:
    """A code that looks like a number, such as that of a merchant's category, keeps its form."""
    is_number = attribute.type == "number" if attribute else is_compared
    return f"{Decimal(text):,}" if is_number and DECIMAL.fullmatch(text) else text
