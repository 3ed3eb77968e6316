"""Forms of deliveries."""

from __future__ import annotations

from django import forms

from finobs.core.forms import OptionalReasonForm


class AnnounceForm(OptionalReasonForm):
    """Control totals as their sender states them."""

    rows = forms.IntegerField(min_value=0, label="Rows")
    sums = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3, "placeholder": "EUR 1234.50"}),
        help_text="One line for each currency. None: rows alone are compared.",
    )  # fmt: skip
    field_order = ("version", "rows", "sums", "reason")

    def clean_sums(self) -> dict[str, str]:
        sums: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["sums"].splitlines())):
            currency, _, amount = line.partition(" ")
            if not amount.strip() or currency in sums:
                raise forms.ValidationError(f"{line[:40]!r} is no line such as EUR 1234.50, or repeats a currency.")
            sums[currency.upper()] = amount.strip()
        return sums
