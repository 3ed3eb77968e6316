"""Documents of policies as forms: their fields, and the rows of their lists, with a few empty ones for more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from django import forms

from finobs.core.errors import Invalid
from finobs.core.forms import ReasonField, VersionedForm

from .choices import PolicyKind
from .models import WorkPolicy
from .policies.contents import MAX_DOCUMENT_ROWS
from .policies.in_force import content_in_force, programmes
from .policy_fields import DOCUMENT_FIELDS, ROW_SECTIONS, RowSection

EMPTY_ROWS: Final = 2
MAX_FORM_ROWS: Final = MAX_DOCUMENT_ROWS + EMPTY_ROWS
ROW_ORDER, ROW_REMOVAL = "order", "remove"


class WorkPolicyForm(VersionedForm):
    """The document of one policy, and why it changes. A row is named "rules-0-when-level"."""

    def __init__(
        self, data: Any = None, *, user: Any, policy: WorkPolicy, content: Mapping[str, Any] | None = None
    ) -> None:
        content = content_in_force(policy) if content is None else content
        super().__init__(data, initial={"version": policy.version, "reason": ""})
        self.kind, self._user = policy.kind, user
        # What a field offers is read once, not once for each row.
        self._makes: dict[tuple[str, str], forms.Field] = {}
        self._is_too_long = False
        for name, make in DOCUMENT_FIELDS[self.kind].items():
            self.fields[name] = make(user)
            self.initial[name] = content[name]
        self._counts = {section.name: self._row_count(section, content) for section in ROW_SECTIONS[self.kind]}
        for section in ROW_SECTIONS[self.kind]:
            for number in range(self._counts[section.name]):
                rows = content[section.name]
                self._add_row(section, number, rows[number] if number < len(rows) else None)
        self.fields["reason"] = ReasonField(help_text="Kept with the version.")

    def _row_count(self, section: RowSection, content: Mapping[str, Any]) -> int:
        """As many as were sent, or as there are and some for more."""
        if not self.is_bound:
            return len(content[section.name]) + EMPTY_ROWS
        matches = (re.fullmatch(rf"{section.name}-([0-9]{{1,4}})-.*", name) for name in self.data)
        count = max((int(each[1]) + 1 for each in matches if each), default=0)
        self._is_too_long = self._is_too_long or count > MAX_FORM_ROWS
        return min(count, MAX_FORM_ROWS)

    def clean(self) -> dict[str, Any]:
        if self._is_too_long:
            raise forms.ValidationError(f"A list has at most {MAX_DOCUMENT_ROWS} rows.")
        return dict(super().clean() or {})

    def _add_row(self, section: RowSection, number: int, row: Mapping[str, Any] | None) -> None:
        prefix = f"{section.name}-{number}"
        if section.is_ordered:
            self.fields[f"{prefix}-{ROW_ORDER}"] = forms.IntegerField(label="Order", required=False, min_value=1)
            self.initial[f"{prefix}-{ROW_ORDER}"] = number + 1 if row is not None else None
        for path, make in section.fields.items():
            key = (section.name, path)
            field = deepcopy(self._makes[key] if key in self._makes else self._makes.setdefault(key, make(self._user)))
            # Of an empty row nothing is required.
            field.required = False
            # Above the form, where every row has a field of this name.
            field.full_label = f"{section.label}, row {number + 1}: {field.label}"  # type: ignore[attr-defined]
            name = f"{prefix}-{path.replace('.', '-')}"
            self.fields[name] = field
            if row is not None:
                self.initial[name] = _at(row, path)
        if row is not None:
            self.fields[f"{prefix}-{ROW_REMOVAL}"] = forms.BooleanField(label="Leave out", required=False)

    @property
    def single_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in DOCUMENT_FIELDS[self.kind]]

    @property
    def sections(self) -> Iterator[tuple[RowSection, list[list[forms.BoundField]]]]:
        """Each list of the document, with the bound fields of its rows."""
        for section in ROW_SECTIONS[self.kind]:
            rows = range(self._counts[section.name])
            yield section, [list(self._row_fields(section, number)) for number in rows]

    def _row_fields(self, section: RowSection, number: int) -> Iterator[forms.BoundField]:
        prefix = f"{section.name}-{number}-"
        return (self[name] for name in self.fields if name.startswith(prefix))

    def content(self) -> dict[str, Any]:
        """The document that was typed."""
        return {name: self.cleaned_data[name] for name in DOCUMENT_FIELDS[self.kind]} | {
            section.name: [row for _, row in self._rows(section)] for section in ROW_SECTIONS[self.kind]
        }

    def _rows(self, section: RowSection) -> list[tuple[int, dict[str, Any]]]:
        """(number in the form, row) of those that say something, in their order."""
        rows = []
        for number in range(self._counts[section.name]):
            prefix = f"{section.name}-{number}"
            values = {path: self.cleaned_data.get(f"{prefix}-{path.replace('.', '-')}") for path in section.fields}
            entries = {path: _document_value(value) for path, value in values.items() if value not in (None, "", [])}
            if self.cleaned_data.get(f"{prefix}-{ROW_REMOVAL}") or not any(
                value is not False for value in entries.values()
            ):
                continue
            order = self.cleaned_data.get(f"{prefix}-{ROW_ORDER}")
            rows.append((order if order is not None else 10_000, number, _nested(entries, section)))
        return [(number, row) for _, number, row in sorted(rows, key=lambda each: each[:2])]

    def beside_fields(self, error: Invalid) -> Invalid:
        """The refusal of a document, by the fields of the form in place of the document's paths."""
        fields: dict[str, list[str]] = {}
        for path, texts in error.fields.items():
            name = self._field_at(path)
            row = _row_of_json(path) if name in DOCUMENT_FIELDS[self.kind] else ""
            fields.setdefault(name, []).extend(f"{row}{text}" for text in texts)
        return Invalid(error.detail, fields=fields)

    def _field_at(self, path: str) -> str:
        words = path.removeprefix("content.").split(".")
        for section in ROW_SECTIONS[self.kind]:
            if words[0] == section.name and len(words) > 1:
                words[1] = str(self._rows(section)[int(words[1])][0])
        for length in range(len(words), 0, -1):
            if (name := "-".join(words[:length])) in self.fields:
                return name
        first = "-".join(words[:2])
        return next((name for name in self.fields if name.startswith(f"{first}-")), path)


class ProgrammeForm(WorkPolicyForm):
    """A new programme."""

    def __init__(self, data: Any = None, *, user: Any) -> None:
        policy = WorkPolicy(kind=PolicyKind.PROGRAMME)
        super().__init__(data, user=user, policy=policy, content=_template())
        self.fields = {"slug": forms.SlugField(label="Slug", max_length=60, help_text="It stays."), **self.fields}

    @property
    def single_fields(self) -> list[forms.BoundField]:
        return [self["slug"], *super().single_fields]


class RevertForm(VersionedForm):
    """To which version, and why."""

    number = forms.ChoiceField(label="To", choices=())
    reason = ReasonField(help_text="Kept with the version.")

    def __init__(self, data: Any = None, *, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        number = self.fields["number"]
        assert isinstance(number, forms.ChoiceField)
        number.choices = choices

    def clean_number(self) -> int:
        return int(self.cleaned_data["number"])


def _row_of_json(path: str) -> str:
    """Which row of a list that is typed as JSON is meant: "Row 4, code: "."""
    _, number, *rest = [*path.removeprefix("content.").split("."), ""]
    if not number.isdecimal():
        return ""
    part = " ".join(filter(None, rest)).replace("_", " ")
    return f"Row {int(number) + 1}{f', {part}' if part else ''}: "


def _template() -> dict[str, Any]:
    """The dispositions and reasons of those that finobs ships, to begin with."""
    first = programmes()[0].content
    words = {name: first[name] for name in ("dispositions", "reason_codes")}
    return {"name": "", "description": "", "typologies": [], **words}


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _document_value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _nested(values: Mapping[str, Any], section: RowSection) -> dict[str, Any]:
    """{"when.level": "case"} as {"when": {"level": "case"}}; what is nested is there, also where it says nothing."""
    row: dict[str, Any] = {path.partition(".")[0]: {} for path in section.fields if "." in path}
    for path, value in values.items():
        outer, _, inner = path.partition(".")
        if inner:
            row[outer][inner] = value
        else:
            row[outer] = value
    return row
