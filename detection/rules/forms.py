"""Forms for rules."""

from __future__ import annotations

from typing import Any

from django import forms

from finobs.core.forms import ReasonField, VersionedForm

from ..models import Rule
from . import scenarios


class RuleChangeForm(VersionedForm):
    """Parameters of the rule's kind, and the reason."""

    def __init__(self, data: Any = None, *, rule: Rule) -> None:
        super().__init__(data, initial={"version": rule.version, **(rule.live.parameters if rule.live else {})})
        for each in scenarios.SCENARIOS[rule.kind].parameters:
            self.fields[each.name] = forms.CharField(
                label=each.label, help_text=each.help, required=each.required, max_length=100
            )
        self.fields["reason"] = ReasonField(help_text="Kept with the version.")
