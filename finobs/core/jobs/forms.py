"""The form in front of everything that can be done with a job."""

from __future__ import annotations

from django import forms

from ..serializers import MAX_REASON_LENGTH


class JobForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=MAX_REASON_LENGTH, required=False, help_text="It is kept in the ledger."
    )
