"""Which column of a file is which field of a record."""

from __future__ import annotations

from dataclasses import replace

from finobs.core.errors import Invalid

from ..field_sources import FieldSource, field_source
from ..mappings import OWN_FORMAT, Mapping, read_mapping
from .kinds import KindDefinition


def resolve_records(definition: KindDefinition, reference: str) -> Mapping:
    """The mapping of a kind: `finobs` for its fields as columns, JSON text, or a JSON file. Raises Invalid."""
    if reference == OWN_FORMAT:
        sources = {name: FieldSource(column=name) for name in definition.names}
        return Mapping(sources, is_own_format=True, optional=_optional(definition))
    document = read_mapping(reference)
    if not isinstance(document, dict):
        raise Invalid(f"A mapping is an object: field of a {definition.noun} to column of the file.")
    errors: dict[str, list[str]] = {}
    sources = {}
    for name, value in document.items():
        try:
            if name not in definition.names:
                raise ValueError(f"finobs knows no field of a {definition.noun} named {name}.")
            sources[name] = field_source(name, value, dates=definition.dates, is_known=True)
        except ValueError as error:
            errors[f"mapping.{name}"] = [str(error)]
    errors |= {f"mapping.{name}": [f"{name} has no column."] for name in definition.required if name not in document}
    if errors:
        raise Invalid(" ".join(texts[0] for texts in errors.values()), fields=errors)
    return replace(Mapping(sources), optional=frozenset())


def _optional(definition: KindDefinition) -> frozenset[str]:
    return frozenset(definition.names) - frozenset(definition.required)
