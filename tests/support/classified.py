"""The tables of docs/data-classification.md: `python -m tests.support.classified` prints them as the code stands."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from finobs.core.classification import INTERNAL, PERSONAL, SECRET, STAFF, Classification, classification_of

OURS: Final = ("finobs.", "transactions", "approvals", "detection", "cases", "exports", "agents")
COLUMNS: Final = (PERSONAL, STAFF, SECRET, INTERNAL)


def our_models() -> list[Any]:
    """The concrete models of our apps, without histories: a history holds what its model does."""
    from django.apps import apps

    models = [
        model
        for config in apps.get_app_configs()
        if config.name.startswith(OURS) and ".tests" not in config.name
        for model in config.get_models()
        if not model.__name__.startswith("Historical")
    ]
    return sorted(models, key=lambda model: model._meta.label_lower)


def table() -> str:
    """A row for each model, its fields by their classification."""
    lines = ["| model | personal | staff | secret | internal |", "| --- | --- | --- | --- | --- |"]
    for model in our_models():
        named = ((field.name, classification_of(field)) for field in model._meta.concrete_fields)
        lines.append(_row(model._meta.label_lower, named))
    return "\n".join(lines)


def record_table() -> str:
    """The same of the fields of records, for each kind."""
    from transactions.records.kinds import definition_of, registered_kinds

    lines = ["| records | personal | staff | secret | internal |", "| --- | --- | --- | --- | --- |"]
    for kind in sorted(registered_kinds()):
        lines.append(_row(kind, ((each.name, each.classification) for each in definition_of(kind).fields)))
    return "\n".join(lines)


def _row(name: str, fields: Iterable[tuple[str, Classification]]) -> str:
    names: dict[Classification, list[str]] = defaultdict(list)
    for field, kind in fields:
        names[kind].append(f"`{field}`")
    return " | ".join([f"| `{name}`", *(", ".join(names[kind]) for kind in COLUMNS)]) + " |"


def values_of(model: Any, kind: Classification) -> Iterator[tuple[str, str]]:
    """Each text of the fields of that kind in all rows of a model, with the name of the field."""
    names = [field.name for field in model._meta.concrete_fields if classification_of(field) is kind]
    for row in model._base_manager.values(*names) if names else ():
        for name, value in row.items():
            yield from ((name, text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bytes | memoryview):
        yield bytes(value).hex()


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(f"{table()}\n\n{record_table()}\n")
