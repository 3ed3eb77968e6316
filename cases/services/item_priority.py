"""What an incident or a case sums up of its alerts, and the priority that this makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from detection.choices import Outcome
from finobs.core import clock

from .. import priority
from ..models import WorkItem

FACT_FIELDS: Final = (
    "alert_count", "block_count", "urgency", "amounts", "priority", "priority_parts", "updated_at",
)  # fmt: skip


class AlertFacts(Protocol):
    """What is summed up of an alert. `currency` is empty where no amount is known."""

    outcome: str
    urgency: float | None
    amount_minor: int
    currency: str


def add_facts(item: WorkItem, alerts: Iterable[AlertFacts]) -> None:
    """Count the alerts in, and work out the priority anew."""
    for alert in alerts:
        item.alert_count += 1
        item.block_count += alert.outcome == Outcome.BLOCK
        item.urgency = max((each for each in (item.urgency, alert.urgency) if each is not None), default=None)
        if alert.currency:
            sum_ = int(item.amounts.get(alert.currency, 0)) + abs(alert.amount_minor)
            item.amounts = item.amounts | {alert.currency: str(sum_)}
    item.updated_at = clock.now()
    prioritise(item, item.updated_at)


def prioritise(item: WorkItem, at: datetime) -> bool:
    """Work out the priority anew; say whether it changed."""
    amounts = {currency: int(minor) for currency, minor in item.amounts.items()}
    parts = priority.parts(
        priority.PriorityFacts(item.urgency, item.block_count, item.alert_count, amounts, item.opened_at), at
    )
    if parts == item.priority_parts:
        return False
    item.priority, item.priority_parts = priority.total(parts), parts
    return True
