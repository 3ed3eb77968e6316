"""The two times that a customer is looked at: `as_at`, a day, and `known_at`, a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from finobs.core.errors import Invalid

from ..date_formats import iso_moment

MOMENT_PARAMETERS: Final = ("as_at", "known_at")
NO_DAY: Final = "Enter a day as 2026-03-31."
NO_MOMENT: Final = "Enter a moment as 2026-03-31T14:05Z, or a day, which is meant to its end."


def asked_moments(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`as_at` and `known_at` of an address, None where it names none. Raises Invalid, beside the one that is none."""
    errors: dict[str, list[str]] = {}
    result: dict[str, Any] = {}
    for name, read, message in (("as_at", _day, NO_DAY), ("known_at", _moment, NO_MOMENT)):
        text = str(parameters.get(name) or "").strip()
        try:
            result[name] = read(text) if text else None
        except (ValueError, OverflowError):
            errors[name] = [message]
    if errors:
        raise Invalid(fields=errors)
    return result


def _day(text: str) -> date:
    if len(text) != len("2026-03-31"):
        raise ValueError(NO_DAY)
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    """A day alone is meant to its end: what was recorded on it was known then."""
    # In a query a plus is a blank.
    moment = iso_moment(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
    if len(text) == len("2026-03-31"):
        moment = datetime.combine(moment.date(), time.max)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
