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
from ..attributes import ATTRIBUTE_PREFIX, declared
from ..choices import IngestMethod, QuarantineReason, QuarantineState, RecordKind, RowStatus
from ..models import Batch, QuarantinedRow
from ..records.kinds import definition_of
from ..records.services import records_add
from ..row_details import unknown_fields
from ..row_validation import ROW_FIELDS, RawRow, RowFault, RowReader
from .ingest import ingest
from .quarantine_add import external_id_of, printable_fields, text_limit
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
    if unknown := _unknown_fields(row, fields):
        raise Invalid(f"finobs knows no field named {', '.join(unknown)}.")
    values = printable_fields(fields, text_limit(row.kind))
    corrected = {name: value for name, value in values.items() if value not in (None, "")}
    names = _field_names(row) | corrected.keys() | {name for name in row.fields if name.startswith(ATTRIBUTE_PREFIX)}
    changed = sorted(name for name in names if corrected.get(name) != row.fields.get(name))
    row.fields, row.external_id = corrected, _key_of(row, corrected)
    _check(row)
    _save(row, actor, "corrected")
    record(actor=actor, action="quarantine.correct", subject=row, data={"changed": changed, "version": row.version})
    return row


@service
def quarantine_release(*, actor: User, row: QuarantinedRow, reason: str, version: int | None = None) -> QuarantinedRow:
    """Take a quarantined row in, by the same way as every other. It stays open, with the reason, if it still fails.

    Who may: `transaction:create`. Records `batch.ingest` or `batch.records`, and `quarantine.release`. Raises Invalid
    without a reason, InvalidTransition when the row is resolved, Stale.
    """
    row = _open(actor, row, "release", version)
    reason = require_reason(reason)
    if not _check(row):
        _save(row, actor, "still refused")
        record(actor=actor, action="quarantine.refuse", subject=row, data={"reason": row.reason})
        return row
    batch, data = _take_in(actor, row)
    quarantine_supersede(actor, batch, [(pk, row.transaction_id) for pk in _same_id(row)])
    _resolve(actor, row, QuarantineState.RELEASED, reason)
    record(actor=actor, action="quarantine.release", subject=row, data={"reason": reason} | data)
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
    if row.kind != RecordKind.TRANSACTION:
        return _check_record(row)
    try:
        valid = RowReader.of(row.source, clock.now()).read(RawRow(fields=row.fields))
    except RowFault as fault:
        row.reason, row.detail = fault.reason, fault.detail
        return False
    existing = bulk_load.existing_transactions(row.source, [valid.external_id]).get(valid.external_id)
    if existing and not valid.is_same(existing[1], bulk_load.salts_of([existing[0]]).get(existing[0])):
        row.reason = QuarantineReason.CONFLICT
        row.detail = (
            f"external_id “{valid.external_id}” is transaction {existing[0]} with other content, and that one stays. "
            "Correct the id, or discard the row."
        )
        return False
    return True


def _check_record(row: QuarantinedRow) -> bool:
    """The same for a record of another kind, as far as its fields tell."""
    try:
        definition_of(row.kind).read(RawRow(fields=row.fields))
    except RowFault as fault:
        row.reason, row.detail = fault.reason, fault.detail
        return False
    return True


def _unknown_fields(row: QuarantinedRow, fields: Mapping[str, Any]) -> list[str]:
    if row.kind == RecordKind.TRANSACTION:
        return unknown_fields(fields, ROW_FIELDS, declared(row.source.attributes))
    return sorted(fields.keys() - _field_names(row))


def _field_names(row: QuarantinedRow) -> frozenset[str]:
    return ROW_FIELDS if row.kind == RecordKind.TRANSACTION else frozenset(definition_of(row.kind).names)


def _key_of(row: QuarantinedRow, fields: Mapping[str, Any]) -> str:
    return external_id_of(fields) if row.kind == RecordKind.TRANSACTION else definition_of(row.kind).key_of(fields)


def _take_in(actor: User, row: QuarantinedRow) -> tuple[Batch, dict[str, str]]:
    """Bring the row in by the way of its kind: its batch, and what the event says of it.

    Raises Conflict where it is refused all the same: nothing of the release stays then.
    """
    arrival: dict[str, Any] = {
        "actor": actor, "source": row.source, "rows": [RawRow(fields=row.fields)], "method": IngestMethod.RELEASE,
        "first_row": row.row_number,
    }  # fmt: skip
    if row.kind != RecordKind.TRANSACTION:
        added = records_add(kind=row.kind, **arrival)
        result = added.rows[0]
        if result.status not in (RowStatus.ACCEPTED, RowStatus.DUPLICATE):
            raise Conflict(result.detail)
        return added.batch, {"record": str(result.record_id or ""), "status": result.status.value}
    done = ingest(**arrival)
    if done.rows[0].transaction_id is None:
        # Another import was quicker.
        raise Conflict(done.rows[0].detail)
    row.transaction_id = done.rows[0].transaction_id
    return done.batch, {"transaction": str(row.transaction_id), "status": done.rows[0].status.value}


def _same_id(row: QuarantinedRow) -> list[int]:
    """Other rows that wait for the same id; of records those that say it of the same day."""
    waiting = QuarantinedRow.objects.filter(
        source=row.source, kind=row.kind, external_id=row.external_id, state=QuarantineState.OPEN
    ).exclude(pk=row.pk)
    if not row.external_id:
        return []
    if row.kind == RecordKind.TRANSACTION:
        return list(waiting.values_list("pk", flat=True))
    day_of = definition_of(row.kind).day_of
    days = {None, day_of(row.fields)}
    return [pk for pk, fields in waiting.values_list("pk", "fields") if day_of(fields) in days]


def _resolve(actor: User, row: QuarantinedRow, state: QuarantineState, reason: str) -> None:
    row.state, row.resolution, row.resolved_by, row.resolved_at = state, reason, actor, clock.now()
    _save(row, actor, state.value)


def _save(row: QuarantinedRow, actor: User, why: str) -> None:
    history.save(row, actor=actor, reason=why)
