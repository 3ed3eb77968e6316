"""Documents of policies in the words of the forms that they are typed into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from django import forms

from finobs.core import money
from finobs.core.errors import Invalid, NotAllowed

from .policies.differences import Difference, changes, in_words
from .policy_fields import DOCUMENT_FIELDS, ROW_SECTIONS, FieldMaker, RowSection

# Of the lists that are typed as JSON, where no field of a form has a label.
JSON_WORDS: Final[Mapping[str, str]] = {
    "code": "Code", "label": "Word", "active": "For new items", "meaning": "Says of transactions",
    "dispositions": "Goes with", "fincen_subtypes": "FinCEN subtypes", "goaml_report": "goAML report",
    "goaml_indicators": "goAML indicators",
}  # fmt: skip
AMOUNT, CURRENCY = "amount_min", "currency"


class PolicyWords:
    """The words for the documents of one kind of policy, for somebody who reads them. What a field offers is asked for
    once, when it is needed; whoever may not change policies reads slugs and keys, for they are told of no names."""

    def __init__(self, kind: str, user: Any) -> None:
        self._user = user
        self._makers: Mapping[str, FieldMaker] = DOCUMENT_FIELDS[kind]
        self._sections: Mapping[str, RowSection] = {section.name: section for section in ROW_SECTIONS[kind]}
        self._fields: dict[tuple[str, str], forms.Field | None] = {}

    def differences(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
        """What changed from one document to the next: where, what stood there, and what stands there now."""
        return [
            Difference(self.place(at), *("" if each is None else self.value(at, each) for each in (old, new)))
            for at, old, new in changes(before, after)
        ]

    def facts(self, content: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What a document says beside its lists: label and words."""
        return [(self.place(name), self.value(name, each)) for name, each in content.items() if not _is_rows(each)]

    def tables(self, content: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
        """Its lists: title, columns, and rows of words."""
        return [(self.place(name), *self._table(name, rows)) for name, rows in content.items() if _is_rows(rows)]

    def place(self, at: str) -> str:
        """ "rules.1.when.currency" as "Rules, row 1: Currency"."""
        name, *rest = at.split(".")
        title = self._sections[name].label if name in self._sections else self._label(name, "")
        if not rest:
            return title
        number, path = rest[0], ".".join(rest[1:])
        return f"{title}, row {number}{f': {self._label(name, path)}' if path else ''}"

    def value(self, at: str, value: Any) -> str:
        """What stands at that place, in words."""
        name, *rest = at.split(".")
        path = ".".join(rest[1:])
        if isinstance(value, Mapping):
            return "; ".join(f"{label}: {text}" for label, text in self._row(name, value, path)) or "always"
        if isinstance(value, list):
            return ", ".join(self.value(at, each) for each in value)
        field = self._field(name, path)
        choices = getattr(field, "choices", ())
        word = next((str(label) for choice, label in choices if str(choice) == str(value) and choice != ""), None)
        if word is None and isinstance(field, forms.DateField):
            return f"{date.fromisoformat(value):%-d %b %Y}"
        return in_words(value) if word is None else word

    def _table(self, name: str, rows: list[Any]) -> tuple[list[str], list[list[str]]]:
        lines = [dict(self._row(name, row, "")) for row in rows]
        columns = list(dict.fromkeys(label for line in lines for label in line))
        return columns, [[line.get(label, "") for label in columns] for line in lines]

    def _row(self, name: str, row: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
        """The labels and words of a row, or of what is nested in it at `path`; an amount with its currency."""
        amount = _amount_text(row)
        for part, value in row.items():
            at = f"{path}.{part}" if path else part
            if isinstance(value, Mapping):
                yield from self._row(name, value, at)
            elif part == CURRENCY and amount:
                continue
            else:
                text = amount if part == AMOUNT and amount else self.value(f"{name}.0.{at}", value)
                yield self._label(name, at), text

    def _label(self, name: str, path: str) -> str:
        field, last = self._field(name, path), path.rpartition(".")[2] or name
        return str(field.label) if field is not None else JSON_WORDS.get(last, last.replace("_", " ").capitalize())

    def _field(self, name: str, path: str) -> forms.Field | None:
        """The field of a part of the document; of a member of a list ("countries.0"), that of the list."""
        if (name, path) not in self._fields:
            makers = self._sections[name].fields if path and name in self._sections else {} if path else self._makers
            make = makers.get(path or name)
            try:
                self._fields[name, path] = make(self._user) if make is not None else None
            except NotAllowed:
                self._fields[name, path] = None
        return self._fields[name, path]


def _is_rows(value: Any) -> bool:
    return isinstance(value, list)


def _amount_text(row: Mapping[str, Any]) -> str:
    """The amount of a row with the sign of its currency; "" where it has none."""
    if AMOUNT not in row or CURRENCY not in row:
        return ""
    try:
        return money.display(money.to_minor(row[AMOUNT], row[CURRENCY]), row[CURRENCY])
    except Invalid:
        return ""
