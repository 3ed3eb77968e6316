"""The back office of deliveries."""

from __future__ import annotations

import calendar
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from finobs.core.admin import AccessAdmin, ReadAdmin

from .. import services
from ..models import Delivery, DeliveryFault, DeliverySchedule
from ..models.deliveries import working_days
from ..services.delivery_schedule import SCHEDULE_FIELDS


class DayField(forms.TypedMultipleChoiceField):
    """Days of the week, as numbers from Monday."""

    def __init__(self, **kwargs: Any) -> None:
        choices = list(enumerate(calendar.day_name))
        super().__init__(coerce=int, choices=choices, widget=forms.CheckboxSelectMultiple, **kwargs)


class DatesField(forms.CharField):
    """Dates, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class DeliveryScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    weekdays = DayField(initial=working_days, help_text="Days that have a delivery.")
    holidays = DatesField(required=False, help_text="Dates without a delivery, one a line: 2026-12-25.")

    class Meta:
        model = DeliverySchedule
        fields = ("source", *SCHEDULE_FIELDS)


@admin.register(DeliverySchedule)
class DeliveryScheduleAdmin(AccessAdmin):
    form = DeliveryScheduleForm
    list_display = ("source", "name", "due_days", "due_time", "needs_totals", "starts_on", "is_active")
    list_filter = ("is_active", "source")
    list_select_related = ("source",)
    search_fields = ("name",)
    fields = ("source", *SCHEDULE_FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: DeliverySchedule | None = None) -> tuple[str, ...]:
        return ("source",) if obj else ()

    def write(self, request: HttpRequest, obj: DeliverySchedule, form: Any, change: bool) -> None:
        actor: Any = request.user
        fields = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "source"}
        if change:
            services.delivery_schedule_change(actor=actor, schedule=obj, **fields)
        else:
            source = form.cleaned_data["source"]
            obj.pk = services.delivery_schedule_create(actor=actor, source=source, **fields).pk


@admin.register(Delivery)
class DeliveryAdmin(ReadAdmin):
    list_display = ("schedule", "business_date", "due_at", "state", "received_rows", "control_rows", "completed_at")
    list_filter = ("state", "schedule")
    list_select_related = ("schedule__source",)


@admin.register(DeliveryFault)
class DeliveryFaultAdmin(ReadAdmin):
    list_display = ("delivery", "kind", "detail", "raised_at", "settled_at", "settled_by")
    list_filter = ("kind",)
    list_select_related = ("delivery__schedule__source", "settled_by")
