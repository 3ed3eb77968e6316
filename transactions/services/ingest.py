"""The one way in: every door calls `ingest`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.base import ModelState

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.db.bulk import insert_instances
from finobs.core.errors import Invalid, TooLarge
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.services import leaf_hash, record

from .. import bulk_load, hooks
from ..choices import IngestMethod, QuarantineReason, RowStatus
from ..models import Account, Batch, Counterparty, Label, Source, Transaction
from ..row_validation import RawRow, RowFault, RowReader, ValidRow
from .quarantine_add import quarantine_add

MAX_BATCH_SIZE = 10_000


@dataclass(slots=True)
class RowResult:
    """What became of one row."""

    row_number: int
    external_id: str
    outcome: RowStatus
    transaction_id: int | None = None
    account_id: int | None = None
    reason: str = ""
    detail: str = ""
    decision: str = ""
    score: float | None = None
    alert_id: int | None = None
    quarantined_row_id: int | None = None
    evidence: Any = None


@dataclass(frozen=True, slots=True)
class IngestResult:
    batch: Batch
    rows: list[RowResult]


@service
def ingest(
    *,
    actor: User,
    source: Source,
    rows: Sequence[RawRow],
    method: IngestMethod,
    file_name: str = "",
    first_row: int = 1,
) -> IngestResult:
    """Take up to 10,000 rows in: each is accepted and assessed, known already, or in quarantine with the reason.

    Who may: `transaction:create`. Records `batch.ingest` with the counts and the RFC 6962 root over the digests of
    the accepted rows, in the order of their position. The assessment is part of the same transaction.
    Raises Invalid for no rows or a source that is not active, TooLarge for more than 10,000.
    """
    access.require(actor, "ingest", source)
    if not source.is_active:
        raise Invalid(f"The source {source.name} is not active.")
    if not rows:
        raise Invalid("There are no rows.")
    if len(rows) > MAX_BATCH_SIZE:
        raise TooLarge(f"{len(rows):,} rows are more than one batch takes ({MAX_BATCH_SIZE:,}).")
    batch = Batch(
        source=source, method=method, actor=actor, file_name=file_name[:255], first_row=first_row,
        received_at=clock.now(), received=len(rows),
    )  # fmt: skip
    return _Intake(batch, rows).run()


class _Intake:
    """One batch on its way in: rows by their index in the batch, results in the same order."""

    def __init__(self, batch: Batch, raw: Sequence[RawRow]) -> None:
        self.batch, self.source, self.raw = batch, batch.source, raw
        self.results: dict[int, RowResult] = {}
        self.faults: dict[int, RowFault] = {}
        self.rows: dict[int, ValidRow] = {}
        self.transactions: list[Transaction] = []

    def run(self) -> IngestResult:
        self.read()
        existing = self.look_up()
        self.batch.pk = existing.batch_id
        self.persist(self.sort_out(self.rows, existing.transactions), existing)
        self.quarantine()
        self.conclude()
        self.assess()
        return IngestResult(self.batch, [self.results[index] for index in range(len(self.raw))])

    def read(self) -> None:
        source = self.source
        reader = RowReader(
            slug=source.slug, default_currency=source.default_currency, time_zone=source.time_zone,
            now=self.batch.received_at,
        )  # fmt: skip
        for index, raw in enumerate(self.raw):
            try:
                self.rows[index] = reader.read(raw)
            except RowFault as fault:
                self.faults[index] = fault

    def look_up(self) -> bulk_load.ExistingRows:
        rows = self.rows.values()
        return bulk_load.lookup_and_reserve(
            self.source,
            (row.external_id for row in rows),
            (row.account for row in rows),
            (row.counterparty for row in rows if row.counterparty),
            len(rows),
        )

    def sort_out(self, indexes: Iterable[int], known: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
        """Tell known rows and contradictions apart from new ones; returns the index of each new external id."""
        rows = {index: self.rows[index] for index in indexes}
        fresh: dict[str, int] = {}
        for index, row in rows.items():
            if row.external_id in known:
                pk, digest = known[row.external_id]
                self.compare(index, digest, pk, f"as transaction {pk}")
            elif (first := fresh.setdefault(row.external_id, index)) != index:
                self.compare(index, self.rows[first].digest, None, "earlier in the same batch")
        return fresh

    def compare(self, index: int, digest: bytes, pk: int | None, where: str) -> None:
        row = self.rows[index]
        if row.digest == digest:
            self.results[index] = self.result(index, RowStatus.DUPLICATE, transaction_id=pk)
        else:
            self.faults[index] = RowFault(
                QuarantineReason.CONFLICT,
                f"external_id “{row.external_id}” came with other content {where}; that one stays.",
            )

    def persist(self, fresh: dict[str, int], existing: bulk_load.ExistingRows) -> None:
        rows = [self.rows[index] for index in fresh.values()]
        named = (row.counterparty for row in rows if row.counterparty)
        accounts = bulk_load.ensure_parties(Account, self.source, (row.account for row in rows), existing.accounts)
        others = bulk_load.ensure_parties(Counterparty, self.source, named, existing.counterparties)
        values = [
            self.values(pk, position, row, accounts[row.account].pk, others.get(row.counterparty))
            for position, (pk, row) in enumerate(zip(existing.ids, rows, strict=False))
        ]
        taken = bulk_load.add_transactions(values)
        made = [
            self.transaction(each, accounts[row.account], others.get(row.counterparty))
            for each, row in zip(values, rows, strict=True)
        ]
        self.transactions = [each for each in made if each.id in taken]
        if len(taken) < len(made):
            self.settle_race({each.external_id for each in made if each.id not in taken}, fresh)
        for each in self.transactions:
            index = fresh[each.external_id]
            self.results[index] = self.result(
                index, RowStatus.ACCEPTED, transaction_id=each.id, account_id=each.account_id
            )
        self.point_repeats()
        self.add_labels(fresh)

    def point_repeats(self) -> None:
        """A row that repeats one of its own batch is told the id that this one got."""
        pks = {each.external_id: each.id for each in self.transactions}
        for result in self.results.values():
            if result.transaction_id is None:
                result.transaction_id = pks[result.external_id]

    def settle_race(self, lost: set[str], fresh: dict[str, int]) -> None:
        """Somebody else brought the same ids in at the same time: ours are now known ones; close the gaps."""
        again = [index for index, row in self.rows.items() if row.external_id in lost]
        for index in again:
            self.results.pop(index, None)
            self.faults.pop(index, None)
        self.sort_out(again, bulk_load.existing_transactions(self.source, sorted(lost)))
        for external_id in lost:
            del fresh[external_id]
        for position, each in enumerate(self.transactions):
            each.position = position
        Transaction.objects.bulk_update(self.transactions, ["position"], batch_size=1000)

    def add_labels(self, fresh: dict[str, int]) -> None:
        labels = []
        for each in self.transactions:
            if label := self.rows[fresh[each.external_id]].label:
                labels.append(Label(transaction_id=each.id, watermark=each.id, **label._asdict()))
        bulk_load.add_labels(labels)

    def quarantine(self) -> None:
        """Set the faulty rows aside. One that lies there already, byte for byte, came again: a duplicate."""
        kept = quarantine_add(self.batch, {index: (self.raw[index], fault) for index, fault in self.faults.items()})
        for index, fault in self.faults.items():
            pk, is_new = kept[index]
            self.results[index] = self.result(
                index, RowStatus.QUARANTINED if is_new else RowStatus.DUPLICATE,
                reason=fault.reason.value, detail=fault.detail, quarantined_row_id=pk,
            )  # fmt: skip

    def conclude(self) -> None:
        outcomes = [result.outcome for result in self.results.values()]
        batch = self.batch
        batch.accepted = outcomes.count(RowStatus.ACCEPTED)
        batch.duplicate = outcomes.count(RowStatus.DUPLICATE)
        batch.quarantined = outcomes.count(RowStatus.QUARANTINED)
        batch.root = merkle.root([leaf_hash(bytes(each.digest)) for each in self.transactions])
        insert_instances([batch])  # once, with its counts; what refers to it is checked at the commit
        data = {name: getattr(batch, name) for name in ("received", "accepted", "duplicate", "quarantined")}
        data |= {"source": batch.source.slug, "method": str(batch.method), "file": batch.file_name}
        data |= {"first_row": batch.first_row, "root": batch.root.hex()}
        record(actor=batch.actor, action="batch.ingest", subject=batch, data=data)

    def assess(self) -> None:
        if not self.transactions:
            return
        accepted = (result for result in self.results.values() if result.outcome == RowStatus.ACCEPTED)
        by_pk = {result.transaction_id: result for result in accepted}
        for assessed in hooks.assess(batch=self.batch, transactions=self.transactions):
            result = by_pk[assessed.transaction_id]
            result.decision, result.score, result.alert_id = assessed.outcome, assessed.score, assessed.alert_id
            result.evidence = assessed.evidence

    def values(
        self, pk: int, position: int, row: ValidRow, account: int, other: Counterparty | None
    ) -> tuple[Any, ...]:
        """As bulk_load.TRANSACTION_FIELDS orders them."""
        return (
            pk, self.source.pk, row.external_id, self.batch.pk, position, account, other.pk if other else None,
            row.occurred_at, self.batch.received_at, row.amount_minor, row.currency, row.direction, row.channel,
            row.country, row.memo, row.digest,
        )  # fmt: skip

    def transaction(self, values: Sequence[Any], account: Account, counterparty: Counterparty | None) -> Transaction:
        """As `from_db` makes it, at a fifth of the time: ten thousand rows wait for it."""
        made = Transaction.__new__(Transaction)
        made.__dict__.update(zip(bulk_load.TRANSACTION_FIELDS, values, strict=True))
        made._state = ModelState()
        made._state.adding, made._state.db = False, self.batch._state.db
        made._state.fields_cache = {
            "source": self.source, "batch": self.batch, "account": account, "counterparty": counterparty
        }  # fmt: skip
        return made

    def result(self, index: int, outcome: RowStatus, **more: Any) -> RowResult:
        row = self.rows.get(index)
        return RowResult(self.batch.first_row + index, row.external_id if row else "", outcome, **more)
