from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict

from finobs.core.errors import Invalid
from finobs.core.forms import DATE_INPUT, ReasonField, submit_for_result

from ..choices import ModelRole
from ..hooks import MAX_ALERTS_A_DAY
from ..models import ModelVersion
from . import selectors
from .window import Window, window

if TYPE_CHECKING:
    from .capacity import CapacityReport

MIN_ALERTS_A_DAY = 0.01
MAX_VERSIONS_IN_QUERY = 100


class WindowForm(forms.Form):
    """The days to look at; without any, the newest thirty."""

    def __init__(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(data, auto_id="window_%s", **kwargs)
        # "from" is no name that a class could hold.
        self.fields["from"] = forms.DateField(label="From", required=False, widget=DATE_INPUT)
        self.fields["to"] = forms.DateField(label="To", required=False, widget=DATE_INPUT)

    def window(self, user: Any) -> Window | None:
        """None where the days make no sense; the form then says why."""
        if not self.is_valid():
            return None
        try:
            days = selectors.window_for(user, self.cleaned_data["from"], self.cleaned_data["to"])
        except Invalid as error:
            for name, texts in error.fields.items():
                for text in texts:
                    self.add_error(name, text)
            return None
        self.data = {
            **{name: self.data.get(name) for name in self.fields},
            "from": str(days.first),
            "to": str(days.last),
        }
        return days


class RowsForm(WindowForm):
    """Which number of a version's performance is looked at row by row."""

    cell = forms.CharField(required=False, max_length=30)
    bin = forms.IntegerField(required=False, min_value=0, max_value=1_000)


class LeaderboardForm(WindowForm):
    """And which versions of a role to compare; without, those that are not retired."""

    role = forms.ChoiceField(choices=ModelRole.choices, required=False)

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        texts = [text for text in data.getlist("version") if text]
        self.versions = {int(each) for each in texts if each.isdecimal() and len(each) < 19}
        if len(self.versions) < len(set(texts)) or len(texts) > MAX_VERSIONS_IN_QUERY:
            numbers = f"Numbers of versions are needed, at most {MAX_VERSIONS_IN_QUERY}."
            raise Invalid(fields={"version": [numbers]})

    @property
    def chosen_role(self) -> str:
        return (self.cleaned_data["role"] if self.is_valid() else "") or ModelRole.ANOMALY


class CapacityForm(WindowForm):
    """And how many alerts a day to look at; without, what is left in the queue."""

    alerts_a_day = forms.FloatField(
        label="Alerts a day", required=False, min_value=MIN_ALERTS_A_DAY, max_value=MAX_ALERTS_A_DAY
    )


class ThresholdForm(forms.Form):
    """How many alerts a day, on which days' scores, and why. The days are those that were shown."""

    alerts_a_day = forms.FloatField(
        label="Alerts a day", min_value=MIN_ALERTS_A_DAY, max_value=MAX_ALERTS_A_DAY,
        help_text="On average, beside what rules and the other model alert anyway.",
    )  # fmt: skip
    reason = ReasonField(help_text="Kept with the version.")
    first = forms.DateField(widget=forms.HiddenInput)
    last = forms.DateField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, report: CapacityReport) -> ThresholdForm:
        """Prefilled with what is left in the queue, of the days that are shown."""
        alerts_a_day = round(report.target, 4) or None
        return cls(initial={"alerts_a_day": alerts_a_day, "first": report.window.first, "last": report.window.last})

    @property
    def window_values(self) -> dict[str, Any]:
        """The days and the number that it was about, as far as they make sense, for the page to show again."""
        typed: dict[str, Any] = getattr(self, "cleaned_data", {})
        return {"from": typed.get("first"), "to": typed.get("last"), "alerts_a_day": typed.get("alerts_a_day")}

    def submit(self, set_threshold: Callable[..., ModelVersion]) -> tuple[HTTPStatus, ModelVersion | None]:
        """As `core.forms.submit_for_result`, with the days as a window."""

        def act(*, first: date, last: date, **fields: Any) -> ModelVersion:
            return set_threshold(window=window(first, last), **fields)

        return submit_for_result(self, act)
