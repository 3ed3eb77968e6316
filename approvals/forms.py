from __future__ import annotations

from typing import Any

from django import forms

from finobs.core.forms import ReasonField, VersionedForm

from .choices import Vote


class DecideForm(forms.Form):
    """A vote on exactly what was shown: the digest comes along."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    vote = forms.ChoiceField(choices=Vote.choices, widget=forms.HiddenInput, required=True)
    reason = ReasonField(required=False, label="Reason", help_text="Needed when you reject.")

    def __init__(self, *args: Any, draft: str, **kwargs: Any) -> None:
        """`draft`: the name under which the browser keeps what is typed; ids are its own, beside other forms."""
        super().__init__(*args, **kwargs)
        # Several requests may stand on one page, and an id only once.
        self.auto_id = f"{draft}-%s"
        self.fields["reason"].widget.attrs["data-draft"] = draft


class WithdrawForm(VersionedForm):
    reason = ReasonField(label="Why you withdraw it", required=False)
