"""Delivery schedules: what a source is expected to deliver."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError

from finobs.accounts.models import User
from finobs.core import access, clock, history
from finobs.core.errors import Conflict, Invalid
from finobs.core.plain_text import require_names
from finobs.core.reads import first_or_not_found
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import event_value, record

from ..deliveries.business_days import DATE_MARK
from ..models import DeliverySchedule, Source

SCHEDULE_FIELDS: Final = (
    "name", "weekdays", "holidays", "due_days", "due_time", "file_pattern", "needs_totals", "starts_on", "is_active",
)  # fmt: skip
MAX_DUE_DAYS: Final = 31
MAX_HOLIDAYS: Final = 500
# Each day since then is a row, and late.
MAX_DAYS_BACK: Final = 366


@service
def delivery_schedule_create(*, actor: User, source: Source, name: str, **fields: Any) -> DeliverySchedule:
    """Say what a source delivers. Who may: `system:config`. Records `delivery.schedule_create`. Raises Invalid,
    Conflict for a name that the source's schedules have already."""
    access.require(actor, "change", source)
    _check_names(fields)
    schedule = DeliverySchedule(source=source, name=name, **fields)
    _check(schedule)
    if DeliverySchedule.objects.filter(source=source, name=schedule.name).exists():
        raise Conflict(f"{source} has a schedule {schedule.name} already.")
    history.save(schedule, actor=actor)
    data = {name: event_value(getattr(schedule, name)) for name in SCHEDULE_FIELDS} | {"source": source.slug}
    record(actor=actor, action="delivery.schedule_create", subject=schedule, data=data)
    return schedule


@service
def delivery_schedule_change(
    *, actor: User, schedule: DeliverySchedule, version: int | None = None, **fields: Any
) -> DeliverySchedule:
    """Change what is expected from now on; what is expected already stays as it is.

    Who may: `system:config`. Records `delivery.schedule_change`. Raises Invalid, Conflict, Stale.
    """
    rows = DeliverySchedule.objects.select_related("source").select_for_update(of=("self",))
    schedule = first_or_not_found(rows.filter(pk=schedule.pk))
    access.require(actor, "change", schedule)
    require_version(schedule, version)
    _check_names(fields)
    for name, value in fields.items():
        setattr(schedule, name, value)
    _check(schedule)
    others = DeliverySchedule.objects.filter(source=schedule.source, name=schedule.name).exclude(pk=schedule.pk)
    if others.exists():
        raise Conflict(f"{schedule.source} has a schedule {schedule.name} already.")
    history.save(schedule, actor=actor)
    record(actor=actor, action="delivery.schedule_change", subject=schedule)
    return schedule


def _check_names(fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - set(SCHEDULE_FIELDS):
        raise Invalid(fields={name: ["A schedule has no such setting."] for name in unknown})


def _check(schedule: DeliverySchedule) -> None:
    schedule.name = require_names(name=schedule.name)["name"]
    try:
        schedule.clean_fields()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    refusals = {
        "weekdays": _why_not_weekdays(schedule.weekdays),
        "holidays": _why_not_holidays(schedule.holidays),
        "due_days": f"At most {MAX_DUE_DAYS} days." if schedule.due_days > MAX_DUE_DAYS else "",
        "file_pattern": _why_not_pattern(schedule.file_pattern),
        "starts_on": _why_not_start(schedule.starts_on),
    }
    if wrong := {name: [text] for name, text in refusals.items() if text}:
        raise Invalid(fields=wrong)


def _why_not_weekdays(days: Any) -> str:
    is_list = isinstance(days, list) and bool(days) and all(type(day) is int and 0 <= day <= 6 for day in days)
    return "" if is_list and len(set(days)) == len(days) else "A list of different days from 0 (Monday) to 6 is needed."


def _why_not_holidays(days: Any) -> str:
    if not isinstance(days, list) or len(days) > MAX_HOLIDAYS:
        return f"A list of at most {MAX_HOLIDAYS} dates is needed."
    for day in days:
        try:
            if not isinstance(day, str) or date.fromisoformat(day).isoformat() != day:
                raise ValueError(day)
        except ValueError:
            return f"{str(day)[:40]!r} is no date of the form 2026-12-25."
    return ""


def _why_not_pattern(pattern: str) -> str:
    if not pattern:
        return ""
    if pattern.count(DATE_MARK) != 1:
        return f"It must have {DATE_MARK} once, where the business date stands."
    return "It is the name of a file, without folders." if "/" in pattern or "\\" in pattern else ""


def _why_not_start(start: date) -> str:
    earliest = clock.now().date() - timedelta(days=MAX_DAYS_BACK)
    return f"Not before {earliest}: each day since then would be late." if start < earliest else ""
