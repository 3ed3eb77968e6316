"""Forms about customers: what is wrong in them is said by the readers of every row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from finobs.core.forms import DATE_INPUT, ReasonField, VersionedForm

from ..choices import PartyRole, RelationKind
from ..models import Customer
from ..records.fields import MAX_LIST_TEXT, share
from ..row_faults import RowFault
from .profile import PROFILE_FIELDS
from .resolution_candidates import ResolutionCandidate

REASON_HELP = "Read by whoever looks at the customer; the ledger holds a digest of it."


class CustomerCorrectForm(VersionedForm):
    """All of a profile as it should be from a day on; lists as JSON, as they come in files."""

    def __init__(self, data: Any = None, *, customer: Customer, profile: Mapping[str, Any], as_at: date) -> None:
        initial = {each.name: typed(profile.get(each.name)) for each in PROFILE_FIELDS}
        super().__init__(data, initial=initial | {"version": customer.version, "valid_from": as_at})
        self.fields["valid_from"] = forms.DateField(label="So from this day on", widget=DATE_INPUT)
        for each in PROFILE_FIELDS:
            widget = forms.Textarea(attrs={"rows": 3}) if each.is_list else forms.TextInput()
            self.fields[each.name] = forms.CharField(
                required=each.is_required, label=each.label, widget=widget, max_length=MAX_LIST_TEXT,
                help_text="A JSON list, or texts with | between them." if each.is_list else "",
            )  # fmt: skip
        self.fields["reason"] = ReasonField(help_text=REASON_HELP)

    def clean(self) -> dict[str, Any]:
        """As the service takes them."""
        values = super().clean() or {}
        profile = {each.name: values.get(each.name) for each in PROFILE_FIELDS}
        return {name: values.get(name) for name in ("version", "valid_from", "reason")} | {"profile": profile}


def typed(value: Any) -> str:
    """A value of a profile as it is typed."""
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


class TieForm(VersionedForm):
    """What tying a customer to something asks for."""

    valid_from = forms.DateField(label="From", widget=DATE_INPUT)
    valid_until = forms.DateField(label="Until", widget=DATE_INPUT, required=False, help_text="The last day.")
    reason = ReasonField(help_text=REASON_HELP)


class AccountPartyForm(TieForm):
    account = forms.CharField(label="Account", max_length=100, help_text="Its id at the customer's source.")
    role = forms.ChoiceField(choices=PartyRole.choices)
    field_order = ("version", "account", "role")


class RelationForm(TieForm):
    kind = forms.ChoiceField(choices=RelationKind.choices, label="This customer")
    other = forms.CharField(label="Other customer", max_length=100, help_text="Their id at the same source.")
    share = forms.CharField(label="Share in per cent", max_length=20, required=False)
    field_order = ("version", "kind", "other", "share")

    def clean_share(self) -> int | None:
        try:
            points: int | None = share(self.cleaned_data.get("share"), "share")
        except RowFault as fault:
            raise forms.ValidationError(fault.detail) from None
        return points


class TieWithdrawForm(forms.Form):
    reason = ReasonField(help_text=REASON_HELP)


class CounterpartyResolveForm(forms.Form):
    """Whom a counterparty is, of the customers that the page offers, and why."""

    customer = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect, label="The customer")
    reason = ReasonField(help_text=REASON_HELP)

    def __init__(self, data: Any = None, *, candidates: Sequence[ResolutionCandidate]) -> None:
        super().__init__(data, auto_id="resolve_%s")
        # Only what is offered can be chosen: whoever is not among them is looked for first.
        choices: Any = [(each.customer.pk, str(each.customer)) for each in candidates]
        self.fields["customer"].choices = choices  # type: ignore[attr-defined]


class CustomerSearchForm(forms.Form):
    text = forms.CharField(label="Name or id of a customer", max_length=200, required=False)


class CounterpartyUnresolveForm(forms.Form):
    reason = ReasonField(help_text=REASON_HELP)


class TieEndForm(TieWithdrawForm):
    valid_until = forms.DateField(label="The last day on which it holds", widget=DATE_INPUT)
    field_order = ("valid_until", "reason")
