"""Forms of the quarantine, and of what is known of accounts and counterparties."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import forms

from finobs.core.forms import DATE_INPUT, VersionedForm

from .attributes import ATTRIBUTE_PREFIX, declared
from .choices import AccountKind, AccountStatus, CounterpartyKind, RecordKind
from .mappings import REQUIRED_FIELDS
from .models import AccountDetails, CounterpartyDetails, QuarantinedRow
from .records.kinds import definition_of
from .row_details import DETAIL_FIELDS
from .row_validation import LABEL_FIELDS, MAX_LENGTHS
from .services.quarantine_add import text_limit

# On every form; further fields where the row has them.
FIELD_ORDER = (*(name for name in MAX_LENGTHS if name not in DETAIL_FIELDS), *LABEL_FIELDS)
FIELD_LABELS = {"external_id": "Id at the source"}


class CorrectForm(VersionedForm):
    """A quarantined row's fields. What is wrong in them is said by the validator of every row."""

    def __init__(self, data: Any = None, *, row: QuarantinedRow) -> None:
        self.names, required, long = field_names(row)
        initial = {name: row.fields.get(name, "") for name in self.names} | {"version": row.version}
        super().__init__(data, initial=initial)
        labels = FIELD_LABELS | _attribute_labels(row)
        for name in self.names:
            widget = forms.Textarea(attrs={"rows": 2}) if name in long else forms.TextInput()
            label = labels.get(name, name.replace("_", " ").capitalize())
            self.fields[name] = forms.CharField(
                required=name in required, max_length=text_limit(row.kind) + 1, label=label, widget=widget
            )
        self.order_fields(["version", *self.names])

    def clean(self) -> dict[str, Any]:
        """As the service takes them: the version, and the fields of the row."""
        values = super().clean() or {}
        return {"version": values.get("version"), "fields": {name: values.get(name) for name in self.names}}


def field_names(row: QuarantinedRow) -> tuple[Sequence[str], Collection[str], Collection[str]]:
    """The fields of a row of this kind in their order, those that it must have, and those of several lines."""
    if row.kind == RecordKind.TRANSACTION:
        details = [name for name in DETAIL_FIELDS if name in row.fields and name != "attributes"]
        return [*FIELD_ORDER, *details, *_attribute_labels(row)], REQUIRED_FIELDS, ("memo",)
    definition = definition_of(row.kind)
    return definition.names, definition.required, [each.name for each in definition.fields if each.is_list]


def _attribute_labels(row: QuarantinedRow) -> dict[str, str]:
    """Of what the source declares, by the names of their fields."""
    attributes = declared(row.source.attributes) if row.kind == RecordKind.TRANSACTION else {}
    return {f"{ATTRIBUTE_PREFIX}{name}": each.label for name, each in attributes.items()}


class PartyForm(VersionedForm):
    """A subclass has the fields of its details, by their names."""

    name = forms.CharField(required=False, max_length=140)

    def __init__(self, data: Any = None, *, details: AccountDetails | CounterpartyDetails) -> None:
        super().__init__(data, initial={})
        self.initial = {name: getattr(details, name) for name in self.fields if name != "reason"}
        self.fields["reason"] = forms.CharField(required=False, max_length=500, label="Why")


class AccountForm(PartyForm):
    """What is known of an account."""

    kind = forms.ChoiceField(required=False, choices=[("", "Not known"), *AccountKind.choices])
    currency = forms.CharField(required=False, max_length=3, help_text="ISO 4217. Totals are shown in it.")
    opened_on = forms.DateField(required=False, widget=DATE_INPUT)
    closed_on = forms.DateField(required=False, widget=DATE_INPUT)
    status = forms.ChoiceField(required=False, choices=[("", "Not known"), *AccountStatus.choices])


class CounterpartyForm(PartyForm):
    """What is known of a counterparty."""

    kind = forms.ChoiceField(choices=CounterpartyKind.choices)
    country = forms.CharField(required=False, max_length=2, help_text="ISO 3166-1, such as DE.")
    bank = forms.CharField(required=False, max_length=140, help_text="BIC or name.")
    account_number = forms.CharField(required=False, max_length=100)
