"""What an incident or a case sums up of its alerts, and the priority that this makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Protocol

from detection.choices import Outcome
from finobs.core import clock

from .. import priority
from ..models import Case, Incident, WorkItem

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
        amounts = {alert.currency: abs(alert.amount_minor)} if alert.currency else {}
        _add(item, 1, int(alert.outcome == Outcome.BLOCK), alert.urgency, amounts)
    item.updated_at = clock.now()
    prioritise(item, item.updated_at)


def add_incidents(case: Case, incidents: Iterable[Incident]) -> None:
    """Count in what was summed up of the incidents' alerts, and work out the priority anew."""
    for incident in incidents:
        _add(case, incident.alert_count, incident.block_count, incident.urgency, incident.amounts)
    case.updated_at = clock.now()
    prioritise(case, case.updated_at)


def _add(
    item: WorkItem, alerts: int, blocks: int, urgency: float | None, amounts: Mapping[str, int | str]
) -> None:  # fmt: skip
    item.alert_count += alerts
    item.block_count += blocks
    item.urgency = max((each for each in (item.urgency, urgency) if each is not None), default=None)
    sums = {currency: str(int(item.amounts.get(currency, 0)) + int(minor)) for currency, minor in amounts.items()}
    item.amounts = item.amounts | sums


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
