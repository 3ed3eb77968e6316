"""Forms of the quarantine."""

from __future__ import annotations

from typing import Any

from django import forms

from finobs.core.forms import VersionedForm

from .mappings import REQUIRED_FIELDS
from .models import QuarantinedRow
from .row_validation import LABEL_FIELDS, MAX_LENGTHS, ROW_FIELDS

FIELD_ORDER = (*MAX_LENGTHS, *LABEL_FIELDS)
FIELD_LABELS = {"external_id": "Id at the source"}


class CorrectForm(VersionedForm):
    """A quarantined row's fields. What is wrong in them is said by the validator of every row."""

    def __init__(self, data: Any = None, *, row: QuarantinedRow) -> None:
        initial = {name: row.fields.get(name, "") for name in FIELD_ORDER} | {"version": row.version}
        super().__init__(data, initial=initial)
        for name in FIELD_ORDER:
            widget = forms.Textarea(attrs={"rows": 2}) if name == "memo" else forms.TextInput()
            label = FIELD_LABELS.get(name, name.replace("_", " ").capitalize())
            self.fields[name] = forms.CharField(
                required=name in REQUIRED_FIELDS, max_length=1001, label=label, widget=widget
            )
        self.order_fields(["version", *FIELD_ORDER])

    def clean(self) -> dict[str, Any]:
        """As the service takes them: the version, and the fields of the row."""
        values = super().clean() or {}
        return {"version": values.get("version"), "fields": {name: values.get(name) for name in ROW_FIELDS}}
