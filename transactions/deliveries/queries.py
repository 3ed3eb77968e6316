"""How complete what came in is, for jobs that work on it."""

from __future__ import annotations

from typing import Any, Final

from finobs.core import clock

from ..choices import DeliveryState
from ..models import Delivery, Source

MAX_NAMED: Final = 20


def input_completeness(source: Source | None = None) -> dict[str, Any]:
    """Of the deliveries of a source, or of all, that are due by now: `expected` and `complete` count them, `missing`
    names the newest that are not complete, at most 20 (delivery, schedule, business_date, state).

    `as_of`: when it was looked at, in ISO 8601. Nothing is expected of a source without schedules.
    """
    now = clock.now()
    due = Delivery.objects.filter(due_at__lte=now, schedule__is_active=True)
    if source is not None:
        due = due.filter(schedule__source=source)
    rest = due.exclude(state=DeliveryState.COMPLETE)
    missing = rest.select_related("schedule__source").order_by("-business_date", "-id")[:MAX_NAMED]
    expected = due.count()
    return {
        "as_of": now.isoformat(),
        "expected": expected,
        "complete": expected - rest.count(),
        "missing": [
            {
                "delivery": row.pk,
                "schedule": str(row.schedule),
                "business_date": row.business_date.isoformat(),
                "state": row.state,
            }
            for row in missing
        ],
    }
