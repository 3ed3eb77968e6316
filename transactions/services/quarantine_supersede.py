"""A row that could not be taken, and then came in: what waits in quarantine for it waits no more."""

from __future__ import annotations

from collections.abc import Sequence

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.db.bulk import MAX_ROWS_PER_STATEMENT
from finobs.ledger.services import record

from ..choices import QuarantineState
from ..models import Batch, QuarantinedRow

RESOLUTION_FIELDS = ("state", "transaction", "resolved_by", "resolved_at", "resolution")


def quarantine_supersede(actor: User, batch: Batch, pairs: Sequence[tuple[int, int | None]]) -> int:
    """Settle open quarantined rows (ids) by the transactions (ids; None for records of other kinds) that came in under
    theirs with `batch`; how many.

    One that somebody is working on at this moment is left to them. Records `quarantine.supersede` with the ids.
    """
    transactions = dict(pairs)
    rows: list[QuarantinedRow] = []
    for start in range(0, len(pairs), MAX_ROWS_PER_STATEMENT):
        pks = [pk for pk, _ in pairs[start : start + MAX_ROWS_PER_STATEMENT]]
        open_rows = QuarantinedRow.objects.filter(pk__in=pks, state=QuarantineState.OPEN)
        # Waiting for a person who waits for this very id would be waiting for ever.
        rows += open_rows.select_for_update(skip_locked=True).order_by("pk")
    for row in rows:
        row.state, row.transaction_id = QuarantineState.SUPERSEDED, transactions[row.pk]
        row.resolved_by, row.resolved_at = batch.actor, clock.now()
        row.resolution = f"A row of this id came in with batch {batch.pk}."
    if rows:
        history.bulk_update(rows, fields=RESOLUTION_FIELDS, actor=batch.actor, reason="came in later")
        data = {"rows": [str(row.pk) for row in rows]}
        record(actor=actor, action="quarantine.supersede", subject=batch, data=data, related=rows)
    return len(rows)
