"""What people do with rows in quarantine: correct, release, discard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finobs.accounts.models import User
from finobs.core import access, clock, history
from finobs.core.errors import Conflict, Invalid, InvalidTransition
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from .. import bulk_load
from ..choices import IngestMethod, QuarantineReason, QuarantineState
from ..models import QuarantinedRow
from ..row_validation import ROW_FIELDS, RawRow, RowFault, RowReader, ValidRow
from .ingest import ingest
from .quarantine_add import external_id_of, printable_fields
from .quarantine_supersede import quarantine_supersede


@service
def quarantine_correct(
    *, actor: User, row: QuarantinedRow, fields: Mapping[str, Any], version: int | None = None
) -> QuarantinedRow:
    """Replace the fields of a quarantined row; what came stays beside them, untouched.

    Who may: `transaction:create`. Records `quarantine.correct` with the names of the changed fields.
    Raises Stale, InvalidTransition when it is resolved, Invalid for an unknown field.
    """
    row = _open(actor, row, "correct", version)
    if unknown := fields.keys() - ROW_FIELDS:
        raise Invalid(f"finobs knows no field named {', '.join(sorted(unknown))}.")
    corrected = {name: value for name, value in printable_fields(fields).items() if value not in (None, "")}
    changed = sorted(name for name in ROW_FIELDS if corrected.get(name) != row.fields.get(name))
    row.fields, row.external_id = corrected, external_id_of(corrected)
    _check(row)
    _save(row, actor, "corrected")
    record(actor=actor, action="quarantine.correct", subject=row, data={"changed": changed, "version": row.version})
    return row


@service
def quarantine_release(*, actor: User, row: QuarantinedRow, reason: str, version: int | None = None) -> QuarantinedRow:
    """Take a quarantined row in, by the same way as every other. It stays open, with the reason, if it still fails.

    Who may: `transaction:create`. Records `batch.ingest` and `quarantine.release`. Raises Invalid without a reason,
    InvalidTransition when the row is resolved, Stale.
    """
    row = _open(actor, row, "release", version)
    reason = require_reason(reason)
    if not _check(row):
        _save(row, actor, "still refused")
        record(actor=actor, action="quarantine.refuse", subject=row, data={"reason": row.reason})
        return row
    done = ingest(
        actor=actor,
        source=row.source,
        rows=[RawRow(fields=row.fields)],
        method=IngestMethod.RELEASE,
        first_row=row.row_number,
    )
    result = done.rows[0]
    if result.transaction_id is None:
        # Another import was quicker: nothing of this release stays.
        raise Conflict(result.detail)
    row.transaction_id = result.transaction_id
    quarantine_supersede(actor, done.batch, [(pk, result.transaction_id) for pk in _same_id(row)])
    _resolve(actor, row, QuarantineState.RELEASED, reason)
    data = {"reason": reason, "transaction": str(result.transaction_id), "status": result.status.value}
    record(actor=actor, action="quarantine.release", subject=row, data=data)
    return row


@service
def quarantine_discard(*, actor: User, row: QuarantinedRow, reason: str, version: int | None = None) -> QuarantinedRow:
    """Say that a quarantined row will not be taken in. It is kept.

    Who may: `transaction:create`. Records `quarantine.discard`. Raises Invalid without a reason, InvalidTransition
    when the row is resolved, Stale.
    """
    row = _open(actor, row, "discard", version)
    reason = require_reason(reason)
    _resolve(actor, row, QuarantineState.DISCARDED, reason)
    record(actor=actor, action="quarantine.discard", subject=row, data={"reason": reason})
    return row


def _open(actor: User, row: QuarantinedRow, action: str, version: int | None) -> QuarantinedRow:
    # Before the permission: it is asked of the row as it is now, and two people cannot both release it.
    row = QuarantinedRow.objects.select_for_update(of=("self",)).select_related("source").get(pk=row.pk)
    access.require(actor, action, row)
    if row.state != QuarantineState.OPEN:
        raise InvalidTransition(f"This row is not open any more: {row.get_state_display().lower()}.")
    require_version(row, version)
    return row


def _check(row: QuarantinedRow) -> bool:
    """Would the row be taken as it is now? If not, its reason and detail say why."""
    try:
        valid = _read(row)
    except RowFault as fault:
        row.reason, row.detail = fault.reason, fault.detail
        return False
    existing = bulk_load.existing_transactions(row.source, [valid.external_id]).get(valid.external_id)
    if existing and existing[1] != valid.digest:
        row.reason = QuarantineReason.CONFLICT
        row.detail = (
            f"external_id “{valid.external_id}” is transaction {existing[0]} with other content, and that one stays. "
            "Correct the id, or discard the row."
        )
        return False
    return True


def _read(row: QuarantinedRow) -> ValidRow:
    source = row.source
    reader = RowReader(
        slug=source.slug, default_currency=source.default_currency, time_zone=source.time_zone, now=clock.now()
    )
    return reader.read(RawRow(fields=row.fields))


def _same_id(row: QuarantinedRow) -> list[int]:
    """Other rows that wait for the same id."""
    waiting = QuarantinedRow.objects.filter(
        source=row.source, external_id=row.external_id, state=QuarantineState.OPEN
    ).exclude(pk=row.pk)
    return list(waiting.values_list("pk", flat=True)) if row.external_id else []


def _resolve(actor: User, row: QuarantinedRow, state: QuarantineState, reason: str) -> None:
    row.state, row.resolution, row.resolved_by, row.resolved_at = state, reason, actor, clock.now()
    _save(row, actor, state.value)


def _save(row: QuarantinedRow, actor: User, why: str) -> None:
    history.save(row, actor=actor, reason=why)
