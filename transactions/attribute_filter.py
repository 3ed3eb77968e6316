"""What a person writes to narrow a list by an attribute: mcc=5411, risk>=0.5, opened<2026-01-01."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from .attributes import Attribute, AttributeValue, read_attribute
from .choices import AttributeType
from .row_faults import RowFault, quoted

_CONDITION: Final = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(>=|<=|=|>|<)\s*(.*?)\s*", re.DOTALL)
_LOOKUPS: Final = {"=": "", ">=": "__gte", "<=": "__lte", ">": "__gt", "<": "__lt"}
_ORDERED: Final = (AttributeType.NUMBER, AttributeType.DATE)


class AttributeCondition(NamedTuple):
    """lookup: Django's, such as "__gte"; empty for equality."""

    name: str
    lookup: str
    value: AttributeValue


def attribute_condition(text: str, declared: Mapping[str, Attribute]) -> AttributeCondition:
    """The condition, its value typed as the source declares it. Raises ValueError in words."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError("Write a name, =, >=, <=, > or <, and a value: mcc=5411.")
    name, sign, value = match.groups()
    names = sorted(each for each in declared if declared[each].is_filter)
    if name not in names:
        raise ValueError(
            f"The source has no attribute {quoted(name)} to filter by; it has {', '.join(names) or 'none'}."
        )
    attribute = declared[name]
    if sign != "=" and attribute.type not in _ORDERED:
        raise ValueError(f"{name} is a {attribute.type.label.lower()}: it is equal or not, and never more or less.")
    try:
        typed = read_attribute(attribute, value)
    except RowFault as fault:
        raise ValueError(fault.detail) from None
    if typed is None:
        raise ValueError(f"There is no value for {name}.")
    return AttributeCondition(name, _LOOKUPS[sign], typed)
