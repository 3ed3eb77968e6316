"""Writes of alerts after they were raised: the explanations that a batch was not kept waiting for, and erasure."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.core.cache import cache
from django.db.models import Q

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import FinobsError
from finobs.core.service import service
from finobs.ledger.services import NewEvent, record_many
from transactions.models import Customer, new_salt
from transactions.queries import accounts_of_nobody_else

from ..models import Alert, ExternalAlert
from ..pipeline.explanations import recompute
from ..pipeline.snapshot import snapshot_digest
from .external_records import NO_PAYLOAD

log = logging.getLogger(__name__)
# A transaction of some tenths of a second: whoever gathers these alerts into cases does not wait longer.
MAX_ALERTS_PER_TRANSACTION: Final = 200
MAX_ALERTS_PER_RUN: Final = 1_000
MIN_DUE_AGE: Final = timedelta(minutes=1)
MAX_DUE_AGE: Final = timedelta(days=7)


def explanations_fill(*, actor: User, batch_id: int) -> int:
    """Explain the alerts of a batch that were raised without an explanation; returns how many.

    Who may: `system:config`; the task does it as finobs itself ("explain"). Records: alert.explain, with the digest of
    the explanation. An alert keeps no history: nothing else of it ever changes. Each transaction takes 200 alerts.
    Running it twice, or two at once, explains each alert once; one that cannot be explained keeps no other from it.
    """
    access.require(actor, "explanations_fill", Alert)
    filled, after = 0, 0
    while (step := _fill(actor=actor, chosen=Q(transaction__batch_id=batch_id), after=after)) is not None:
        after, count = step
        filled += count
    return filled


def explanations_fill_due(*, actor: User) -> int:
    """The same for any batch whose call was lost; returns how many were explained, of MAX_ALERTS_PER_RUN at most.

    Who may, and what is recorded: as `explanations_fill`. Alerts from a minute on, for the calls of their batches
    explain them first, to a week. A run goes on after the last alert of the run before, so that what cannot be
    explained keeps nobody waiting; each hour begins with the first again.
    """
    access.require(actor, "explanations_fill", Alert)
    now = clock.now()
    key = f"explanations-fill-due:{now:%Y%m%d%H}"
    due = Q(created_at__gt=now - MAX_DUE_AGE, created_at__lt=now - MIN_DUE_AGE)
    filled, after = 0, cache.get(key, 0)
    for _ in range(MAX_ALERTS_PER_RUN // MAX_ALERTS_PER_TRANSACTION):
        step = _fill(actor=actor, chosen=due, after=after)
        if step is None:
            break
        after, count = step
        cache.set(key, after, clock.HOUR)
        filled += count
    return filled


@service
def external_alerts_erase(*, actor: User, customer: Customer) -> int:
    """Overwrite what other systems said with alerts about a customer who is erased; returns with how many.

    Of those that name the customer, and those of accounts at which nobody else ever had a role: reasons, all that is in
    the payload with its digest, and the salt under which the ledger commits to it. Called in the transaction that
    erases the customer, whose event says how many. Who may: whoever may erase the customer ("compliance:resolve").
    """
    access.require(actor, "erase", customer)
    about = Q(alert__customer=customer) | Q(alert__account__in=accounts_of_nobody_else(customer))
    rows = list(ExternalAlert.objects.filter(about).order_by("pk").select_for_update(of=("self",)))
    for row in rows:
        row.reasons, row.payload_text, row.payload_digest, row.salt = [], NO_PAYLOAD, "", new_salt()
    erased = ("reasons", "payload_text", "payload_digest", "salt")
    ExternalAlert.objects.bulk_update(rows, erased, batch_size=500)
    return len(rows)


@service
def _fill(*, actor: User, chosen: Q, after: int) -> tuple[int, int] | None:
    """The last alert that was looked at, and how many were explained; None when there are no more."""
    rows = Alert.objects.filter(chosen, explanation__isnull=True, model_version__isnull=False)
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
