"""The kind of rule that looks at one attribute of a row: it is this value, above it, or below it.

It reads attributes as text in their one form, as the snapshot of an alert keeps them: a decision and its replay compare
the same characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from finobs.core import money
from finobs.core.errors import Invalid
from finobs.core.text import DeceptiveText, clean
from transactions.attributes import ATTRIBUTE_NAME, MAX_DIGITS

from ..choices import Outcome
from ..features.columns import Columns
from .finding import Finding, Findings, Parameter

IS, ABOVE, BELOW = "is", "above", "below"
MAX_VALUE_LENGTH: Final = 200
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARAMETERS: Final = (
    Parameter("attribute", "Attribute", "Its name, as the source declares it. Rows without it are left alone.", True),
    Parameter("test", "Test", "is, above or below. Above and below are of numbers and dates.", True),
    Parameter("value", "Value", "Text, a number such as 0.75, or a date such as 2026-03-31; true or false.", True),
    Parameter("outcome", "Outcome", "review or block.", True),
)


def validate_attribute(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in their one form. Raises Invalid."""
    wrong: dict[str, list[str]] = {}
    texts = {name: _text(parameters[name]) for name in ("attribute", "test", "value", "outcome")}
    test, outcome, value = texts["test"].lower(), texts["outcome"].lower(), texts["value"]
    if not ATTRIBUTE_NAME.fullmatch(texts["attribute"]):
        wrong["attribute"] = ["The name of an attribute is of small letters, digits and _."]
    if test not in (IS, ABOVE, BELOW):
        wrong["test"] = ["A test is one of is, above, below."]
    if outcome not in (Outcome.REVIEW, Outcome.BLOCK):
        wrong["outcome"] = ["The outcome is review or block."]
    try:
        value = clean(value)
    except DeceptiveText as error:
        wrong["value"] = [f"This {error}."]
    if not value or len(value) > MAX_VALUE_LENGTH:
        wrong["value"] = [f"A value has 1 to {MAX_VALUE_LENGTH} characters."]
    elif test in (ABOVE, BELOW) and (value := _number_text(value) or (value if _is_date(value) else "")) == "":
        wrong["value"] = ["Above and below are of a number or of a date (2026-03-31)."]
    if wrong:
        raise Invalid("The parameters do not hold.", wrong)
    return {"attribute": texts["attribute"], "test": test, "value": value, "outcome": outcome}


def evaluate_attribute(columns: Columns, parameters: Mapping[str, Any]) -> Findings:
    """Rows whose attribute is as the rule says; one that is no number is never above or below a number."""
    name, holds = parameters["attribute"], _test(parameters["test"], parameters["value"])
    severity = Outcome(parameters["outcome"])
    findings: Findings = {}
    for index, attributes in enumerate(columns.attributes):
        text = attributes.get(name) if attributes else None
        if text is not None and holds(text):
            findings[index] = Finding(severity, _reason(parameters, text))
    return findings


def _test(test: str, value: str) -> Callable[[str], bool]:
    number = _number_text(value)
    if test == IS:
        # 0.70 is 0.7; as text it would be another.
        return lambda text: text == value or (number != "" and _number_text(text) == number)
    sign = 1 if test == ABOVE else -1
    if number:
        limit = Decimal(number)
        return lambda text: (of := _number_text(text)) != "" and (Decimal(of) - limit) * sign > 0
    day = date.fromisoformat(value)
    return lambda text: _is_date(text) and (date.fromisoformat(text) - day).days * sign > 0


def _reason(parameters: Mapping[str, Any], text: str) -> str:
    name, value, test = parameters["attribute"], parameters["value"], parameters["test"]
    why = f"is {value}" if test == IS else f"is {text}, {test} {value}"
    return f"Attribute {name} {why}."


def _text(value: Any) -> str:
    # A float has lost what was written before anybody could check it.
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def _number_text(text: str) -> str:
    """A number in its one form; "" where it is none, or has more digits than an attribute may."""
    if len(text) > 2 * MAX_DIGITS or not money.DECIMAL.fullmatch(text):
        return ""
    number = Decimal(text)
    if number and not -MAX_DIGITS <= number.adjusted() < MAX_DIGITS:
        return ""
    result = format(number.normalize(), "f")
    return "0" if result == "-0" else result


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
