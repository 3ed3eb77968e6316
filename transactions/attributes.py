"""Further columns of a source, kept as it declares them: a name, a type, a label, and whether lists filter by it.

A declaration is a JSON object: {"mcc": {"type": "code", "label": "Merchant category", "filter": true}}. A value is
stored as JSON has it (a number is a number), and is written as text, in one form, in digests, snapshots and rules.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from finobs.core import money
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names
from finobs.core.text import DeceptiveText, clean

from .amounts import NumberText
from .choices import AttributeType, QuarantineReason
from .identifiers import identifier, is_nothing
from .row_faults import RowFault, quoted
from .row_values import BOOLEANS

# What a field of a row that holds one is called: "attributes.mcc".
ATTRIBUTE_PREFIX: Final = "attributes."
ATTRIBUTE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_ATTRIBUTES: Final = 50
MAX_TEXT_LENGTHS: Final = {AttributeType.TEXT: 200, AttributeType.CODE: 40}
# A double holds each number of so many digits, and gives the same digits back: so does JSON, on every database.
MAX_DIGITS: Final = 15
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEYS: Final = frozenset({"type", "label", "filter"})

AttributeValue = str | int | float | bool
AttributeValues = Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One declared column. label: what people read. is_filter: whether lists can be narrowed by it."""

    name: str
    type: AttributeType
    label: str
    is_filter: bool = False


def declared(document: Mapping[str, Any]) -> dict[str, Attribute]:
    """The attributes of a declaration that holds, by their names."""
    return {
        name: Attribute(name, AttributeType(each["type"]), each.get("label") or name, each.get("filter", False))
        for name, each in document.items()
    }


def validated_declaration(document: Any, fields: frozenset[str]) -> dict[str, dict[str, Any]]:
    """A declaration in its one form. `fields`: names that are taken. Raises Invalid with a message for each name."""
    if not isinstance(document, dict):
        raise Invalid(fields={"attributes": ["Attributes are an object: a name, and its type, label and filter."]})
    if len(document) > MAX_ATTRIBUTES:
        raise Invalid(fields={"attributes": [f"A source has at most {MAX_ATTRIBUTES} attributes."]})
    result, wrong = {}, []
    for name, each in document.items():
        try:
            result[name] = _validated(name, each, fields)
        except ValueError as error:
            wrong.append(f"{name[:60]}: {error}.")
    if wrong:
        raise Invalid(fields={"attributes": wrong})
    return result


def _validated(name: str, document: Any, fields: frozenset[str]) -> dict[str, Any]:
    if not ATTRIBUTE_NAME.fullmatch(name):
        raise ValueError("a name is of small letters, digits and _, begins with a letter, and has at most 40 of them")
    if name in fields:
        raise ValueError("a field of every transaction has this name")
    document = {"type": document} if isinstance(document, str) else document
    if not isinstance(document, dict) or document.get("type") not in AttributeType.values:
        raise ValueError(f"its type is one of {', '.join(AttributeType.values)}")
    if unknown := sorted(document.keys() - _KEYS):
        raise ValueError(f"it has no option {', '.join(unknown)[:80]}; it knows {', '.join(sorted(_KEYS))}")
    label, is_filter = document.get("label", ""), document.get("filter", False)
    if not isinstance(label, str) or len(label) > 80 or not isinstance(is_filter, bool):
        raise ValueError("label is text of at most 80 characters, filter true or false")
    try:
        label = require_names(label=label)["label"]
    except Invalid as error:
        raise ValueError(f"label: {error.detail}") from None
    return {"type": str(document["type"]), "label": label or name.replace("_", " ").capitalize(), "filter": is_filter}


def read_attribute(attribute: Attribute, value: Any) -> AttributeValue | None:
    """The value as its type says; None where there is nothing. Raises RowFault."""
    if is_nothing(value):
        return None
    try:
        return _READERS[attribute.type](value)
    except ValueError as error:
        raise RowFault(
            QuarantineReason.ATTRIBUTE, f"attribute {attribute.name} is {quoted(value)}, which {error}."
        ) from None


def attribute_text(value: AttributeValue) -> str:
    """A value as text, in its one form: what digests, snapshots and rules hold of it.

    >>> [attribute_text(each) for each in (True, 7, 0.1, 1e-05, "DE")]
    ['true', '7', '0.1', '0.00001', 'DE']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else format(Decimal(repr(value)), "f")


def attribute_texts(values: AttributeValues | None) -> dict[str, str] | None:
    """Those of a row, each as text; None where it has none."""
    return {name: attribute_text(value) for name, value in values.items()} if values else None


def _text(value: Any, type_: AttributeType) -> str:
    if isinstance(value, bool | float | list | dict | datetime):
        raise ValueError("is no text")
    try:
        text = clean(str(value))
    except DeceptiveText as error:
        raise ValueError(str(error)) from None
    if len(text) > MAX_TEXT_LENGTHS[type_]:
        raise ValueError(f"has {len(text):,} characters; {MAX_TEXT_LENGTHS[type_]} is the most")
    return text


def _code(value: Any) -> str:
    text = identifier(_text(value, AttributeType.CODE))
    if not text or " " in text:
        raise ValueError("is no code: a code has no blanks")
    return text


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("is no number")
    text = value.strip() if isinstance(value, str) else repr(value)
    if (isinstance(value, float) and not math.isfinite(value)) or not money.DECIMAL.fullmatch(text[:65]):
        raise ValueError("is no decimal number")
    number = Decimal(text)
    if isinstance(value, NumberText) and value.max_exact and abs(number) >= value.max_exact:
        raise ValueError("is of a type that may have cut its digits")
    digits = number.normalize()
    if len(digits.as_tuple().digits) > MAX_DIGITS or (number and not -MAX_DIGITS <= number.adjusted() < MAX_DIGITS):
        raise ValueError(f"has more than {MAX_DIGITS} digits")
    return int(number) if number == number.to_integral_value() else float(number)


def _date(value: Any) -> str:
    if isinstance(value, datetime):
        if value.time() != time():
            raise ValueError("has a time of day; a date has none")
        return value.date().isoformat()
    text = value.strip() if isinstance(value, str) else ""
    if not _DATE.fullmatch(text):
        raise ValueError("is no date: write it as 2026-03-31, or say its format in the mapping")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def _boolean(value: Any) -> bool:
    truth = BOOLEANS.get(str(value).strip().lower()) if isinstance(value, str | int | float) else None
    if truth is None:
        raise ValueError("is neither true nor false")
    return truth


_READERS: Final[dict[AttributeType, Callable[[Any], AttributeValue]]] = {
    AttributeType.TEXT: lambda value: _text(value, AttributeType.TEXT),
    AttributeType.CODE: _code,
    AttributeType.NUMBER: _number,
    AttributeType.DATE: _date,
    AttributeType.BOOLEAN: _boolean,
}
