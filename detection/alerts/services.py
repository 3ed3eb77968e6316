"""Writes of alerts after they were raised: the explanations that a large batch was not kept waiting for."""

from __future__ import annotations

import logging
from typing import Final

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import FinobsError
from finobs.core.service import service
from finobs.ledger.services import NewEvent, record_many

from ..models import Alert
from ..pipeline.explanations import recompute
from ..pipeline.snapshot import snapshot_digest

log = logging.getLogger(__name__)
# A transaction of some tenths of a second: whoever gathers these alerts into cases does not wait longer.
MAX_ALERTS_PER_TRANSACTION: Final = 200


def explanations_fill(*, actor: User, batch_id: int) -> int:
    """Explain the alerts of a batch that were raised without an explanation; returns how many.

    Who may: `system:config`; the task does it as finobs itself ("explain"). Records: alert.explain, with the digest of
    the explanation. An alert keeps no history: nothing else of it ever changes. Each transaction takes 200 alerts.
    Running it twice, or two at once, explains each alert once; one that cannot be explained keeps no other from it.
    """
    access.require(actor, "explanations_fill", Alert)
    filled, after = 0, 0
    while (step := _fill(actor=actor, batch_id=batch_id, after=after)) is not None:
        after, count = step
        filled += count
    return filled


@service
def _fill(*, actor: User, batch_id: int, after: int) -> tuple[int, int] | None:
    """The last alert that was looked at, and how many were explained; None when there are no more."""
    rows = Alert.objects.filter(transaction__batch_id=batch_id, explanation__isnull=True, model_version__isnull=False)
    # The alert alone: transactions are read by every decision.
    locked = rows.filter(pk__gt=after).order_by("pk").select_for_update(of=("self",))
    alerts = list(locked[:MAX_ALERTS_PER_TRANSACTION])
    if not alerts:
        return None
    explained = [alert for alert in alerts if _explain(alert)]
    Alert.objects.bulk_update(explained, ["explanation"])
    record_many(actor=actor, entries=[_entry(alert) for alert in explained])
    return alerts[-1].pk, len(explained)


def _explain(alert: Alert) -> bool:
    try:
        alert.explanation = recompute(alert)
    except FinobsError:
        log.exception("alert %s stays without its explanation", alert.pk)
        return False
    return True


def _entry(alert: Alert) -> NewEvent:
    return NewEvent("alert.explain", alert, {"explanation_digest": snapshot_digest(alert.explanation or {})})
