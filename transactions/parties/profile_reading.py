"""A profile that a person typed, read as those of files and of the API are, with a message beside each field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from finobs.core.errors import Invalid

from ..models import Customer
from ..row_faults import RowFault
from .customer_records import check_not_ahead
from .profile import PROFILE_FIELDS, check_profile


def read_profile(customer: Customer, valid_from: date, profile: Mapping[str, Any]) -> dict[str, Any]:
    """The profile as files and the API are read. Raises Invalid, beside each field ("profile.name") that does not
    hold."""
    values, errors = {}, {}
    for each in PROFILE_FIELDS:
        text = profile.get(each.name)
        try:
            value = None if text in (None, "") else each.read(text, each.name)
        except RowFault as fault:
            errors[f"profile.{each.name}"] = [fault.detail]
            continue
        if value is not None:
            values[each.name] = value
        elif each.is_required:
            errors[f"profile.{each.name}"] = [f"{each.label} is missing."]
    if unknown := profile.keys() - {each.name for each in PROFILE_FIELDS}:
        errors |= {f"profile.{name}": ["There is no such field."] for name in unknown}
    if not errors:
        try:
            check_not_ahead(valid_from.isoformat())
        except RowFault as fault:
            errors["valid_from"] = [fault.detail]
        try:
            check_profile(customer.kind, values)
        except RowFault as fault:
            errors[f"profile.{fault.detail.split(' ', 1)[0]}"] = [fault.detail]
    if errors:
        raise Invalid(fields=errors)
    return values
