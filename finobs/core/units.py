"""Which org unit a row is in, as far as the apps have said: for what is written down about it.

The kernel knows no units. An app registers for each of its models the way from a row to the id of its unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db.models import F, Model
from django.db.models.functions import Coalesce

from .db.bulk import MAX_ROWS_PER_STATEMENT

# Of a row whose unit the loaded instances do not say.
_UNKNOWN: Final = object()

Way = str | tuple[str, ...] | Callable[[Any], int | None]
_ways: dict[type[Model], Way] = {}


def register_unit(model: type[Model], way: Way) -> None:
    """Say where the unit of a row of `model` is: "source.unit_id", several such of which the first that leads somewhere
    counts, or a function of the row. From AppConfig.ready()."""
    _ways[model] = way


def units_of(subjects: Sequence[Any]) -> list[int | None]:
    """The ids of the units of these rows, in their order; None for what is in none.

    Of what is loaded nothing is asked; the rest costs one statement for each model, however many rows there are.
    """
    units = [_loaded(subject) for subject in subjects]
    missing: dict[type[Model], list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        if unit is _UNKNOWN:
            missing[type(subjects[place])].append(place)
    for model, places in missing.items():
        by_pk = _read(model, [subjects[place].pk for place in places])
        for place in places:
            units[place] = by_pk.get(subjects[place].pk)
    return units


def unit_by_key(model: type[Model], pk: Any) -> int | None:
    """The id of the unit of a row that nobody has loaded; None for what is in none, or is not there."""
    return _read(model, [pk]).get(pk) if isinstance(_ways.get(model), str | tuple) else None


def _loaded(subject: Any) -> Any:
    way = _ways.get(type(subject))
    if way is None:
        return None
    if callable(way):
        return way(subject)
    units = (_followed(subject, each) for each in ((way,) if isinstance(way, str) else way))
    return next((unit for unit in units if unit is not None), None)


def _followed(subject: Any, way: str) -> Any:
    *steps, column = way.split(".")
    for step in steps:
        field = subject._meta.get_field(step)
        if getattr(subject, field.attname) is None:
            return None
        if not field.is_cached(subject):
            return _UNKNOWN
        subject = field.get_cached_value(subject)
    return vars(subject).get(column, _UNKNOWN)


def _read(model: type[Model], pks: Sequence[Any]) -> dict[Any, int | None]:
    way: Any = _ways[model]
    paths = [each.replace(".", "__") for each in ((way,) if isinstance(way, str) else way)]
    path = Coalesce(*paths) if len(paths) > 1 else F(paths[0])
    units: dict[Any, int | None] = {}
    for start in range(0, len(pks), MAX_ROWS_PER_STATEMENT):
        rows = model._base_manager.filter(pk__in=pks[start : start + MAX_ROWS_PER_STATEMENT])
        units.update(rows.values_list("pk", path))
    return units
