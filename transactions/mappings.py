"""Which column of a file is which field of a transaction.

A mapping is a JSON object: field -> column name, or an object with "column" (and optionally "plus_days", "words"), with
"columns" that are put together (and optionally "separator", "ordinal"), or with "value":

    {"external_id": {"columns": ["date", "account", "sum"], "ordinal": true}, "amount": "sum",
     "currency": {"value": "EUR"}, "direction": {"column": "dc", "words": {"D": "out", "C": "in"}},
     "label_known_at": {"column": "date", "plus_days": 30}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from finobs.core.errors import Invalid

from .row_validation import LABEL_FIELDS, ROW_FIELDS

REQUIRED_FIELDS = ("external_id", "account", "occurred_at", "amount")
REQUIRED_LABEL_FIELDS = ("external_id", "is_suspicious")
FIELD_SOURCE_KEYS = {"column", "columns", "separator", "ordinal", "value", "plus_days", "words"}


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where one field comes from.

    columns: put together with `separator` between them. ordinal: with the number of the row among those of the file
    that are equal so far, so that two equal rows are two and a second import knows both.
    words: by what `folded_word` makes of them.
    """

    column: str = ""
    value: str = ""
    plus_days: int = 0
    words: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    separator: str = " "
    ordinal: bool = False

    @property
    def used_columns(self) -> tuple[str, ...]:
        return (self.column,) if self.column else self.columns

    @property
    def is_plain(self) -> bool:
        return bool(self.column) and not self.plus_days and not self.words

    def apply(self, value: Any) -> Any:
        """The field's value for a column's value. What cannot be read is left for the validator to refuse."""
        if self.words:
            return self.words.get(folded_word(value), value)
        if self.plus_days and value not in (None, ""):
            try:
                moment = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
                return moment + timedelta(days=self.plus_days)
            except (ValueError, OverflowError, TypeError):
                return value
        return value


@dataclass(frozen=True, slots=True)
class Mapping:
    """Each field, and where it comes from."""

    sources: dict[str, FieldSource]

    @classmethod
    def parse(cls, document: Any, required: Iterable[str] = REQUIRED_FIELDS) -> Mapping:
        """Raises Invalid with a message per field."""
        if not isinstance(document, dict):
            raise Invalid("A mapping is an object: field of a transaction to column of the file.")
        errors: dict[str, list[str]] = {}
        sources: dict[str, FieldSource] = {}
        for name, value in document.items():
            try:
                sources[name] = _field_source(name, value)
            except ValueError as error:
                errors[f"mapping.{name}"] = [str(error)]
        for name in required:
            if name not in document:
                errors[f"mapping.{name}"] = [f"{name} has no column."]
        if errors:
            raise Invalid(" ".join(texts[0] for texts in errors.values()), fields=errors)
        return cls(sources)

    @property
    def columns(self) -> list[str]:
        """The columns it needs, each once."""
        return list(dict.fromkeys(name for source in self.sources.values() for name in source.used_columns))


@dataclass(frozen=True, slots=True)
class NamedMapping:
    """A mapping that finobs knows by name, and what a source for it starts with."""

    mapping: dict[str, Any]
    source_name: str = ""
    default_currency: str = ""


NAMED_MAPPINGS: Final[dict[str, NamedMapping]] = {
    # Fraud Detection Handbook (Le Borgne et al.): simulated card payments, times in UTC, one currency.
    "handbook": NamedMapping(
        source_name="Fraud Detection Handbook",
        default_currency="USD",
        mapping={
            "external_id": "transaction_id",
            "account": "customer_id",
            "counterparty": "terminal_id",
            "occurred_at": "tx_datetime",
            "amount": "amount",
            "currency": {"value": "USD"},
            "channel": {"value": "card"},
            "is_suspicious": "is_fraud",
            "typology": {
                "column": "fraud_scenario",
                "words": {"0": "", "1": "large_amount", "2": "compromised_terminal", "3": "leaked_card"},
            },
            # The handbook assumes that a fraud is known seven days later.
            "label_known_at": {"column": "tx_datetime", "plus_days": 7},
        },
    ),
    "finobs": NamedMapping(mapping={name: name for name in sorted(ROW_FIELDS)}),
}
# Columns that a file of the mapping `finobs` may leave out.
OPTIONAL_FIELDS = ROW_FIELDS - set(REQUIRED_FIELDS)


def resolve_labels(reference: str) -> Mapping:
    """The fields of labels, and the ids of their transactions, of a mapping (as `resolve` takes it). Raises Invalid."""
    document = NAMED_MAPPINGS[reference].mapping if reference in NAMED_MAPPINGS else _read(reference)
    if not isinstance(document, dict):
        raise Invalid("A mapping is an object: field of a label to column of the file.")
    return Mapping.parse(
        {name: document[name] for name in document if name in ("external_id", *LABEL_FIELDS)}, REQUIRED_LABEL_FIELDS
    )


def resolve(reference: str) -> tuple[Mapping, NamedMapping | None]:
    """A mapping by name, as JSON text, or from a JSON file. Raises Invalid."""
    if reference in NAMED_MAPPINGS:
        return Mapping.parse(NAMED_MAPPINGS[reference].mapping), NAMED_MAPPINGS[reference]
    return Mapping.parse(_read(reference)), None


def _read(reference: str) -> Any:
    text = reference
    if not reference.lstrip().startswith("{"):
        path = Path(reference)
        if not path.is_file():
            raise Invalid(
                f"{reference} is neither a mapping finobs knows ({', '.join(NAMED_MAPPINGS)}), nor JSON, nor a file."
            )
        text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The mapping is not valid JSON: {error}.") from None


def _field_source(name: str, value: Any) -> FieldSource:
    if name not in ROW_FIELDS:
        raise ValueError(f"finobs knows no field named {name}.")
    if isinstance(value, str) and value:
        return FieldSource(column=value)
    if not isinstance(value, dict) or sum(key in value for key in ("column", "columns", "value")) != 1:
        raise ValueError(f"{name} needs a column's name, or an object with column, columns or value.")
    if unknown := value.keys() - FIELD_SOURCE_KEYS:
        raise ValueError(f"{name}: a mapping knows no {', '.join(sorted(unknown))}.")
    words, days = value.get("words", {}), value.get("plus_days", 0)
    if not isinstance(words, dict) or not isinstance(days, int):
        raise ValueError(f"{name}: words is an object, plus_days a whole number.")
    return FieldSource(
        str(value.get("column", "")),
        str(value.get("value", "")),
        days,
        _words(name, words),
        **_composition(name, value),
    )


def _words(name: str, words: dict[str, Any]) -> dict[str, str]:
    folded = {folded_word(word): str(meaning) for word, meaning in words.items()}
    for word, meaning in words.items():
        if folded[folded_word(word)] != str(meaning):
            raise ValueError(f"{name}: two words read as {word.strip()} and mean two things.")
    return folded


def _composition(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """What a field that is put together of several columns needs. Raises ValueError."""
    columns, separator, ordinal = value.get("columns"), value.get("separator", " "), value.get("ordinal", False)
    if columns is None:
        if "separator" in value or "ordinal" in value:
            raise ValueError(f"{name}: separator and ordinal belong to columns.")
        return {}
    if not isinstance(columns, list) or not columns or not all(isinstance(each, str) and each for each in columns):
        raise ValueError(f"{name}: columns is a list of columns' names.")
    if not isinstance(separator, str) or not isinstance(ordinal, bool):
        raise ValueError(f"{name}: separator is text, ordinal true or false.")
    if ordinal and name != "external_id":
        raise ValueError(f"{name}: only external_id may have an ordinal.")
    return {"columns": tuple(columns), "separator": separator, "ordinal": ordinal}


def folded_word(value: Any) -> str:
    """A word of a column, without regard to blanks around it and to case."""
    return "" if value is None else str(value).strip().casefold()
