"""The parameters of an address: whatever it names has an effect, or is refused by its name.

A list under a filter that nobody reads is the whole list, which looks like an answer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import django_filters as filters
from django.http import QueryDict

from .errors import Invalid
from .text import visible

PAGE_PARAMETERS = frozenset({"cursor", "limit"})
MAX_QUOTED_NAME = 60


def refuse_unknown(parameters: QueryDict, allowed: Collection[str], repeatable: Collection[str] = ()) -> None:
    """Raise Invalid, naming them, for parameters that are not `allowed`, or that say two things and are read as one.

    repeatable: those that may stand several times.
    """
    errors = {name: [_no_such(name, allowed)] for name in parameters if name not in allowed}
    for name, values in parameters.lists():
        if name not in errors and name not in repeatable and len(set(values)) > 1:
            errors[name] = [f"{_quoted(name)} stands {len(values)} times; it takes one value."]
    if errors:
        raise Invalid(" ".join(texts[0] for texts in errors.values()), fields=errors)


def filter_names(filter_set: Any) -> tuple[set[str], set[str]]:
    """The parameters that a filter set reads, and those of them that may stand several times."""
    each = dict(filter_set.base_filters) if filter_set is not None else {}
    return set(each), {name for name, one in each.items() if isinstance(one, filters.MultipleChoiceFilter)}


def _no_such(name: str, allowed: Collection[str]) -> str:
    names = ", ".join(sorted(allowed))
    return f"There is no parameter {_quoted(name)} here; there {f'is {names}' if names else 'are none'}."


def _quoted(name: str) -> str:
    return f"“{visible(name[:MAX_QUOTED_NAME])}”"
