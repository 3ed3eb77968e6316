"""Reads of the performance pages without a user."""

from __future__ import annotations

from datetime import datetime

from finobs.core import clock
from transactions.models import Transaction


def newest_assessed_at() -> datetime:
    """When the newest assessed transaction occurred; now where there is none."""
    rows = Transaction.objects.order_by("-occurred_at", "-pk").filter(assessment__isnull=False)
    return rows.values_list("occurred_at", flat=True).first() or clock.now()
