"""Which checkpoints a proof is about. Whether there are such checkpoints, the selectors say."""

from __future__ import annotations

from typing import Any, Final

from django import forms

MAX_SIZE: Final = 10**18 - 1


def _size(label: str, *, required: bool, help_text: str = "") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"list": "checkpoint-sizes"})
    return forms.IntegerField(
        min_value=1, max_value=MAX_SIZE, label=label, required=required, help_text=help_text, widget=widget
    )


class InclusionProofForm(forms.Form):
    size = _size("Records in the checkpoint", required=False, help_text="Empty: the first that seals the event")


class ConsistencyProofForm(forms.Form):
    """`from` and `to`, as the API calls them; the first is no name that Python lets a class have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = _size("Records in the older checkpoint", required=True, help_text="The one that you kept")
        self.fields["to"] = _size("Records in the newer", required=False, help_text="Empty: the newest")
