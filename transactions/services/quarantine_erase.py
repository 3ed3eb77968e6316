"""Quarantined rows are emptied: with the customer they name, or once nobody could say for years whom they name."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.conf import settings

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.service import service
from finobs.ledger.services import acting_user, record

from ..choices import QuarantineState
from ..models import QuarantinedRow, new_salt

EXPIRED_TEXT: Final = "Erased: nobody could read what it is about, and the time of retention is over."
MAX_ROWS_AT_ONCE: Final = 500
CONTENT_FIELDS: Final = (
    "raw", "raw_size", "raw_digest", "fields", "detail", "state", "resolution", "resolved_by", "resolved_at",
)  # fmt: skip


def erase_rows(rows: Sequence[QuarantinedRow], *, actor: User, text: str) -> None:
    """Overwrite what locked rows hold, and `text` says why; those that wait are discarded. Part of a service."""
    for row in rows:
        row.raw, row.raw_size, row.fields, row.detail = zlib.compress(b""), 0, {}, text
        # No digest of what came, by which it could be guessed.
        row.raw_digest = secrets.token_bytes(32)
        if row.state == QuarantineState.OPEN:
            row.state, row.resolved_by, row.resolved_at = QuarantineState.DISCARDED, acting_user(actor), clock.now()
        row.resolution = text
    # Under the old salt, which nobody has afterwards: what the history says of the values that were cannot be tried.
    history.bulk_update(rows, fields=CONTENT_FIELDS, actor=actor, reason=text)
    for row in rows:
        row.salt = new_salt()
    history.bulk_update(rows, fields=("salt",), actor=actor, reason=text)
    for row in rows:
        history.overwrite(row, {"fields": {}, "detail": text, "resolution": text})


def quarantine_expire() -> int:
    """Empty the rows without a readable id that came before the time of retention, whatever became of them. Returns how
    many.

    No erasure of a customer is sure to find them. Who: the beat, each day. Each 500 rows are a transaction.
    """
    actor, before = system_actor("quarantine"), retention_start(clock.now())
    rows = QuarantinedRow.objects.filter(external_id="", raw_size__gt=0, created_at__lt=before).order_by("pk")
    pks = list(rows.values_list("pk", flat=True))
    parts = [pks[start : start + MAX_ROWS_AT_ONCE] for start in range(0, len(pks), MAX_ROWS_AT_ONCE)]
    return sum(_empty(actor=actor, pks=part) for part in parts)


def retention_start(now: datetime) -> datetime:
    """What came before this moment need not be kept any more."""
    year = now.year - int(settings.CUSTOMER_RETENTION_YEARS)
    # 29 February.
    return now.replace(year=year, day=28) if (now.month, now.day) == (2, 29) else now.replace(year=year)


@service
def _empty(*, actor: User, pks: Sequence[int]) -> int:
    # Another clock may have been here between the list and the lock.
    locked = QuarantinedRow.objects.select_for_update(of=("self",)).select_related("source")
    rows = list(locked.filter(pk__in=pks, raw_size__gt=0).order_by("pk"))
    erase_rows(rows, actor=actor, text=EXPIRED_TEXT)
    for row in rows:
        record(actor=actor, action="quarantine.expire", subject=row, data={"reason": EXPIRED_TEXT})
    return len(rows)
