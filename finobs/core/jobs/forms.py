"""The form in front of everything that can be done with a job."""

from __future__ import annotations

from django import forms

from ..forms import ReasonField


class JobForm(forms.Form):
    reason = ReasonField(required=False, help_text="It is kept in the ledger.")
