"""The one way in for records of every kind but transactions: REST, files, the admin and the quarantine call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.db.bulk import insert_instances
from finobs.core.db.ids import reserve
from finobs.core.db.locks import wait_for_lock
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.services import acting_user, leaf_hash, record

from ..choices import IngestMethod, QuarantineReason, QuarantineState, RowStatus
from ..file_names import plain_file_name
from ..models import Batch, QuarantinedRow, Source
from ..row_faults import RowFault
from ..row_validation import RawRow
from ..services.ingest import require_ingest
from ..services.quarantine_add import quarantine_faults
from ..services.quarantine_supersede import quarantine_supersede
from ..services.row_batch import BatchResult, BatchRowResult, batch_event, check_size, set_counts
from .kinds import DAY_FIELD, KindDefinition, RecordOutcome, ValidRecord, definition_of


@dataclass(slots=True)
class RecordResult(BatchRowResult):
    """What became of one record. record_id: of the assertion that it made, or that says the same."""

    status: RowStatus
    record_id: int | None = None
    quarantined_row_id: int | None = None


class RecordsAddResult(BatchResult[Batch, RecordResult]):
    """A batch of records, and what became of its rows."""

    __slots__ = ()


@service
def records_add(
    *,
    actor: User,
    source: Source,
    kind: str,
    rows: Sequence[RawRow],
    method: IngestMethod,
    file_name: str = "",
    first_row: int = 1,
    layout: Mapping[str, Any] | None = None,
) -> RecordsAddResult:
    """Take up to 10,000 records of one kind in: each is accepted, known already, or in quarantine with the reason.

    A row that says anew what was said of the same record for the same date, now or before it was corrected, is known
    already; one that says something else corrects it. Either way nothing that was said is lost. What waited in
    quarantine for the key of an accepted row is settled. Records of one source come in one batch after the other.
    Who may: `transaction:create`. Records `batch.records` with the counts and the RFC 6962 root over the salted digests
    of the accepted rows, in the order of their position.
    Raises Invalid for no rows or a source that is not active, TooLarge for more than 10,000, NotFound for no such kind.
    """
    require_ingest(actor, source)
    check_size(rows)
    definition = definition_of(kind)
    # Two that bring the same customers would each find them missing. Of transactions nobody waits for it.
    wait_for_lock(f"records of source {source.pk}")
    batch = Batch(
        pk=reserve(Batch, 1)[0], source=source, kind=definition.kind, method=method, actor=acting_user(actor),
        file_name=plain_file_name(file_name), first_row=first_row, received_at=clock.now(), received=len(rows),
        layout=dict(layout or {}), snapshot="",
    )  # fmt: skip
    return _RecordBatch(actor, batch, definition, rows).run()


class _RecordBatch:
    """One batch: its rows by their index, results in the same order."""

    def __init__(self, actor: User, batch: Batch, definition: KindDefinition, raw: Sequence[RawRow]) -> None:
        self.actor, self.batch, self.definition, self.raw = actor, batch, definition, raw
        self.records: dict[int, ValidRecord] = {}
        self.results: dict[int, RecordResult] = {}

    def run(self) -> RecordsAddResult:
        faults = self.read()
        outcome = self.definition.apply(self.actor, self.batch, self.records)
        for index, (pk, _) in outcome.accepted.items():
            self.results[index] = self.result(index, RowStatus.ACCEPTED, record_id=pk)
        for index, pk_before in outcome.duplicates.items():
            self.results[index] = self.result(index, RowStatus.DUPLICATE, record_id=pk_before)
        self.quarantine(faults | outcome.faults)
        self.save_batch(outcome)
        self.supersede(outcome)
        return RecordsAddResult(self.batch, [self.results[index] for index in range(len(self.raw))])

    def read(self) -> dict[int, RowFault]:
        faults = {}
        for index, raw in enumerate(self.raw):
            try:
                self.records[index] = self.definition.read(raw)
            except RowFault as fault:
                faults[index] = fault
        return faults

    def quarantine(self, faults: Mapping[int, RowFault]) -> None:
        if not faults:
            return
        rows = {index: (self.to_keep(index, fault), fault) for index, fault in faults.items()}
        self.results |= quarantine_faults(self.batch, rows, self.result, self.definition.key_of)

    def to_keep(self, index: int, fault: RowFault) -> RawRow:
        """The row as it came; of somebody who was erased nothing but their id, or they would be back."""
        if fault.reason != QuarantineReason.ERASED:
            return self.raw[index]
        key = {name: self.records[index].values[name] for name in self.definition.key_fields}
        return RawRow(fields=key, fault=fault)

    def save_batch(self, outcome: RecordOutcome) -> None:
        batch = self.batch
        set_counts(batch, self.results.values())
        batch.root = merkle.root([leaf_hash(digest) for _, digest in outcome.accepted.values()])
        insert_instances([batch])
        data = batch_event(batch) | {"kind": str(batch.kind)}
        record(actor=self.actor, action="batch.records", subject=batch, data=data)

    def supersede(self, outcome: RecordOutcome) -> None:
        """Settle what waited in quarantine for records that are in now; a release settles its own.

        A row that waits to say something of another day than those that came in waits on.
        """
        if self.batch.method == IngestMethod.RELEASE:
            return
        days: dict[str, set[str | None]] = {}
        for index in outcome.accepted:
            days.setdefault(self.records[index].key, {None}).add(self.records[index].values.get(DAY_FIELD))
        waiting = QuarantinedRow.objects.filter(
            source=self.batch.source, kind=self.batch.kind, state=QuarantineState.OPEN, external_id__in=days
        ).exclude(batch=self.batch.pk)
        pks = [
            pk
            for pk, key, fields in waiting.values_list("pk", "external_id", "fields")
            if self.definition.day_of(fields) in days[key]
        ]
        quarantine_supersede(self.actor, self.batch, [(pk, None) for pk in pks])

    def result(self, index: int, status: RowStatus, **more: Any) -> RecordResult:
        record = self.records.get(index)
        key = record.key if record else self.definition.key_of(self.raw[index].fields)
        return RecordResult(self.batch.first_row + index, key, status, **more)
