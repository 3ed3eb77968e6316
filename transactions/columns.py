"""The columns of a file beside those that a mapping names, and the fields of a row from its values.

Names are compared without regard to case, to blanks around and within them, and to how an accent is written; "#3" is
the third column, whatever its name. What a mapping names is there once or is refused; what nothing is taken from is
named.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Final

from finobs.core.errors import Invalid
from finobs.core.text import DeceptiveText, clean

from .attributes import ATTRIBUTE_PREFIX
from .field_sources import FieldSource
from .identifiers import identifier, is_nothing
from .mappings import OPTIONAL_FIELDS, REQUIRED_LABEL_FIELDS, Mapping
from .row_faults import RowFault

MAX_NAMED_COLUMNS: Final = 30
# An id may have 100 characters; composed of more, it is the SHA-256 of what it would be, and the ordinal.
MAX_COMPOSED_LENGTH: Final = 80
_NUMBER: Final = re.compile(r"#([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """mapping: with columns as `names` has them. names: of all columns, each once ("#3" where its own is not)."""

    mapping: Mapping
    names: list[str]

    @property
    def unused(self) -> list[str]:
        """The columns that nothing is taken from, in their order."""
        used = set(self.mapping.columns)
        return [name for name in self.names if name not in used]


def folded(name: str) -> str:
    """What two names have in common that are the same to a reader."""
    return " ".join(unicodedata.normalize("NFKC", name.replace("\ufeff", "")).split()).casefold()


def fit_to_header(mapping: Mapping, header: Sequence[str]) -> ColumnFit:
    """The mapping beside the columns of a file, without optional fields of their own name that it has no column for.

    Raises Invalid for a column that is not there, or that is there twice.
    """
    places: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        places.setdefault(folded(name), []).append(index)
    names = [
        name if name.strip() and len(places[folded(name)]) == 1 else f"#{index + 1}"
        for index, name in enumerate(header)
    ]
    optional = _optional(mapping)
    sources = {
        name: _under_its_name(name, source, places)
        for name, source in mapping.sources.items()
        if name not in optional or not {folded(source.column), folded(name)}.isdisjoint(places)
    }
    needed = replace(mapping, sources=sources).columns
    missing = [name for name in needed if not _places(name, header, places)]
    if missing:
        raise Invalid(f"The file has no column {', '.join(missing)}. Its columns are: {named(header)}.")
    for name in needed:
        if len(same := _places(name, header, places)) > 1:
            numbers = " and ".join(f"#{index + 1}" for index in same)
            raise Invalid(f"The column {name} stands {len(same)} times in the header, as {numbers}: name it so.")
    new_names = {name: names[_places(name, header, places)[0]] for name in needed}
    renamed = {name: _renamed(source, new_names) for name, source in sources.items()}
    return ColumnFit(replace(mapping, sources=renamed), names)


def missing_columns(mapping: Mapping, header: Sequence[str]) -> int:
    """How many of the columns that the mapping cannot do without are not there."""
    places, optional = {folded(name): [0] for name in header}, _optional(mapping)
    needed = {
        column for name, source in mapping.sources.items() if name not in optional for column in source.used_columns
    }
    return sum(not _places(name, header, places) for name in needed)


def _optional(mapping: Mapping) -> set[str]:
    """The fields of their own name that a file may leave out."""
    if mapping.optional is not None:
        return {name for name in mapping.optional if _is_own_column(mapping, name)}
    optional = OPTIONAL_FIELDS if "account" in mapping.sources else OPTIONAL_FIELDS - set(REQUIRED_LABEL_FIELDS)
    if not mapping.is_own_format:
        # Left out, it would make every amount one that went out.
        optional -= {"direction"}
    attributes = {name for name in mapping.sources if name.startswith(ATTRIBUTE_PREFIX)}
    return {name for name in optional | attributes if _is_own_column(mapping, name)}


def _is_own_column(mapping: Mapping, name: str) -> bool:
    source = mapping.sources.get(name)
    return source is not None and source.is_plain and source.column == name.removeprefix(ATTRIBUTE_PREFIX)


def _under_its_name(name: str, source: FieldSource, places: dict[str, list[int]]) -> FieldSource:
    """An attribute whose column is called attributes.mcc, as in the file of quarantined rows, and not mcc."""
    if (
        name.startswith(ATTRIBUTE_PREFIX)
        and source.column == name.removeprefix(ATTRIBUTE_PREFIX)
        and folded(name) in places
    ):
        return replace(source, column=name)
    return source


def named(header: Sequence[str]) -> str:
    """The columns in words."""
    names = [name.strip() or f"#{index + 1} (without a name)" for index, name in enumerate(header)]
    more = len(names) - MAX_NAMED_COLUMNS
    return ", ".join(names[:MAX_NAMED_COLUMNS]) + (f" and {more} more" if more > 0 else "") or "none"


def _places(name: str, header: Sequence[str], places: dict[str, list[int]]) -> list[int]:
    if own := places.get(folded(name)):
        return own
    number = _NUMBER.fullmatch(name)
    return [int(number[1]) - 1] if number and int(number[1]) <= len(header) else []


def _renamed(source: FieldSource, new_names: dict[str, str]) -> FieldSource:
    return replace(
        source, column=new_names.get(source.column, ""), columns=tuple(new_names[name] for name in source.columns)
    )


class RowFields:
    """From the values of one row after another to their fields. It counts equal rows where an id has an ordinal."""

    def __init__(self, fit: ColumnFit) -> None:
        sources, place = fit.mapping.sources, {name: index for index, name in enumerate(fit.names)}
        one = [(name, source) for name, source in sources.items() if source.column]
        self.names = tuple(name for name, _ in one)
        self.pick = _picker([place[source.column] for _, source in one])
        self.constants = {name: source.value for name, source in sources.items() if not source.used_columns}
        self.composed = [
            (name, source, [place[column] for column in source.columns])
            for name, source in sources.items()
            if source.columns
        ]
        self.translate = fit.mapping.translator()
        self.counts: Counter[bytes] = Counter()
        self.ids: set[bytes] = set()

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """The fields as their columns have them; `translate` makes values of them, in place."""
        fields = dict(zip(self.names, self.pick(values), strict=True)) | self.constants
        for name, source, indexes in self.composed:
            fields[name] = self.compose(source, [values[index] for index in indexes])
        return fields

    def of(self, values: Sequence[Any]) -> tuple[dict[str, Any], RowFault | None]:
        """The fields, and what is not written as the mapping says."""
        fields = self.read(values)
        return fields, self.translate(fields)

    def compose(self, source: FieldSource, values: Sequence[Any]) -> str:
        texts = ["" if is_nothing(value) else str(value).strip() for value in values]
        if not any(texts):
            return ""
        text = source.separator.join(texts)
        return self.numbered(text, source.separator) if source.ordinal else text

    def numbered(self, text: str, separator: str) -> str:
        """`text` with its ordinal: an id that no other row of the file has, once the validator has read it.

        Equal are rows whose texts are one in their one form; counted before that, two purchases would be one.
        """
        try:
            text = clean(text)
        except DeceptiveText:
            # For the validator to refuse, which must see it: so it is not hashed either.
            return text
        if not text:
            return ""
        if len(text) > MAX_COMPOSED_LENGTH:
            text = hashlib.sha256(text.encode()).hexdigest()
        key = _digest(text)
        while True:
            self.counts[key] += 1
            result = f"{text}{separator}{self.counts[key]}"
            # Without a separator A and 11 are what A1 and 1 are.
            if (final := _digest(_one_form(result))) not in self.ids:
                self.ids.add(final)
                return result


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=12).digest()


def _one_form(text: str) -> str:
    """An id as the validator reads it; one that it refuses, as it stands."""
    try:
        return identifier(clean(text))
    except ValueError:
        return text


def _picker(positions: list[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    # itemgetter answers one index with the value itself, not with a tuple of it.
    return itemgetter(*positions) if len(positions) > 1 else lambda values: [values[index] for index in positions]
