from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from transactions.models import Source

from .choices import ModelRole
from .ml.training.anomaly import MAX_FLAGGED_SHARE
from .ml.training.pipeline import DEFAULT_SHARE
from .models import Rule
from .rules import scenarios


class RuleChangeForm(forms.Form):
    """Parameters of the rule's kind, the reason, and the newest version that whoever changes it saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, rule: Rule, newest: int) -> None:
        super().__init__(data, initial={"version": newest, **(rule.live.parameters if rule.live else {})})
        for each in scenarios.SCENARIOS[rule.kind].parameters:
            self.fields[each.name] = forms.CharField(
                label=each.label, help_text=each.help, required=each.required, max_length=100
            )
        self.fields["reason"] = forms.CharField(
            label="Why", max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}), help_text="Kept with the version."
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=2_000, required=False, help_text="Needed for what somebody else approves: they read it."
    )


class RetireForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=2_000)


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
