"""An incident or a case in two lines: what happened, when, over how much, and the most severe of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detection.choices import SEVERITY, Outcome
from detection.models import Alert


@dataclass(frozen=True, slots=True)
class AlertsSummary:
    """`most_severe` is the alert that decides how urgent this is; the two times span the alerts read here."""

    most_severe: Alert
    first_at: datetime
    last_at: datetime


def alerts_summary(alerts: Sequence[Alert]) -> AlertsSummary | None:
    if not alerts:
        return None
    times = [alert.occurrence.occurred_at for alert in alerts]
    return AlertsSummary(max(alerts, key=_severity), min(times), max(times))


def _severity(alert: Alert) -> tuple[int, float, int]:
    return SEVERITY[Outcome(alert.outcome)], alert.score or 0.0, alert.occurrence.amount_minor or 0
