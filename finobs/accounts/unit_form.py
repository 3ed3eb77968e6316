"""The field by which forms of upper apps say whose something is."""

from __future__ import annotations

from typing import Any

from django import forms

from .models import OrgUnit
from .org_units import ROOT_ID


class UnitChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An org unit; none chosen: the whole organisation."""

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "queryset": OrgUnit.objects.all(),
            "required": False,
            "empty_label": "The whole organisation",
        }
        super().__init__(**(defaults | kwargs))

    def clean(self, value: Any) -> OrgUnit:
        unit: OrgUnit | None = super().clean(value)
        return unit or OrgUnit.objects.get(pk=ROOT_ID)
