"""Filters of lists that several apps use."""

from __future__ import annotations

from typing import Any, Final

import django_filters
from django import forms

from .forms import ALL_YES_NO, SelectOne

_WORDS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class YesNoField(forms.NullBooleanField):
    """Yes, no, or not asked. Django's own reads every other word as "not asked", and a list would be shown whole."""

    widget = ALL_YES_NO
    default_error_messages = {"invalid": "Say true or false."}  # noqa: RUF012

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            return value
        try:
            return _WORDS[str(value).lower()]
        except KeyError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class YesNoFilter(django_filters.BooleanFilter):
    """`?name=true` or `?name=false`; anything else is refused by its name."""

    field_class = YesNoField


class ChoicesFilter(django_filters.MultipleChoiceFilter):
    """Any of several choices, of a column that each row has once.

    The library asks for DISTINCT, for fields of which a row has several: the database would sort all rows by all of
    their columns.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"distinct": False, "widget": SelectOne, **kwargs})

    def filter(self, qs: Any, value: Any) -> Any:
        """As one list, which an index answers; the library writes an OR."""
        return self.get_method(qs)(**{f"{self.field_name}__in": sorted(set(value))}) if value else qs
