"""Forms for training runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from transactions.models import Source

from ...choices import ModelRole
from .publication import MAX_FLAGGED_SHARE
from .settings import DEFAULT_SHARE


class TrainForm(forms.Form):
    """What a new candidate is for, what it learns from, and how much of the traffic people can review."""

    role = forms.ChoiceField(
        choices=ModelRole.choices, label="What it is for",
        help_text="Anomaly: how unusual a transaction is. Supervised: how likely it is to be confirmed, from outcomes.",
    )  # fmt: skip
    source = forms.ModelChoiceField(Source.objects.none(), required=False, empty_label="Every source")
    share = forms.FloatField(
        label="Share for review", initial=DEFAULT_SHARE, min_value=0.0001, max_value=MAX_FLAGGED_SHARE,
        help_text="How much of what comes in people can review: 0.005 is one in two hundred.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, sources: QuerySet[Source]) -> None:
        super().__init__(data)
        self.fields["source"].queryset = sources  # type: ignore[attr-defined]
