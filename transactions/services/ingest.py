"""The one way in: REST, files, the admin and the release from quarantine all call `ingest`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models.base import ModelState

from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.db.bulk import insert_instances
from finobs.core.errors import Invalid
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.services import acting_user, leaf_hash, record

from .. import bulk_load, hooks
from ..choices import IngestMethod, QuarantineReason, RowStatus
from ..file_names import plain_file_name
from ..import_cache import ImportCache
from ..models import Account, Batch, Counterparty, Party, Source, Transaction
from ..row_validation import RawRow, RowFault, RowReader, ValidRow
from .counterparty_fill import counterparty_fill
from .feed import require_feed
from .ingest_result import IngestResult, RowResult
from .known_labels import LabelledRow, add_new_labels
from .quarantine_add import quarantine_faults
from .quarantine_supersede import quarantine_supersede
from .row_batch import batch_event, check_size, set_counts

P = TypeVar("P", bound=Party)


@service
def ingest(
    *,
    actor: User,
    source: Source,
    rows: Sequence[RawRow],
    method: IngestMethod,
    file_name: str = "",
    first_row: int = 1,
    layout: Mapping[str, Any] | None = None,
    cache: ImportCache | None = None,
) -> IngestResult:
    """Take up to 10,000 rows in: each is accepted and assessed, known already, or in quarantine with the reason.

    layout: how the file was read that they come from. cache: of the import of that file, for its next batch.
    What waited in quarantine for the id of an accepted row is settled. A label of a known row that says something new
    is handed to `labels_add` after the commit.
    Who may: `transaction:create`, with a grant to feed the unit. Records `batch.ingest` with the counts and the RFC
    6962 root over the digests of the accepted rows, in the order of their position. The assessment is part of the same
    transaction.
    Raises Invalid for no rows or a source that is not active, TooLarge for more than 10,000.
    """
    require_ingest(actor, source)
    check_size(rows)
    batch = Batch(
        source=source, method=method, actor=actor, file_name=plain_file_name(file_name), first_row=first_row,
        received_at=clock.now(), received=len(rows), layout=dict(layout or {}),
    )  # fmt: skip
    return _BatchIngest(actor, batch, rows, cache).run()


def require_ingest(actor: User, source: Source) -> None:
    """Raise NotFound for who may not see the source, NotAllowed for who may not bring rows in, Invalid for one that is
    not active."""
    require_feed(actor, "ingest", source)
    if not source.is_active:
        raise Invalid(f"The source {source.name} is not active.")


class _BatchIngest:
    """One batch: its rows by their index, results in the same order.

    actor: whoever brings it in; of a command, `batch.actor` becomes the account that stands for its operator.
    """

    def __init__(self, actor: User, batch: Batch, raw: Sequence[RawRow], cache: ImportCache | None = None) -> None:
        self.actor, self.import_cache, self.cache = actor, cache, cache or ImportCache()
        self.batch, self.source, self.raw = batch, batch.source, raw
        self.results: dict[int, RowResult] = {}
        self.faults: dict[int, RowFault] = {}
        self.rows: dict[int, ValidRow] = {}
        self.transactions: list[Transaction] = []
        self.prepared: object = None

    def run(self) -> IngestResult:
        self.read()
        existing = self.look_up()
        self.batch.pk, self.batch.xid, self.batch.snapshot = existing.batch_id, existing.xid, existing.snapshot
        self.insert(self.find_new(self.rows, existing.transactions), existing)
        self.quarantine()
        self.save_batch()
        self.supersede(existing.quarantined)
        self.assess()
        result = IngestResult(self.batch, [self.results[index] for index in range(len(self.raw))])
        if rows := self.labelled_duplicates():
            add_new_labels(self.actor, self.batch, rows, result.labels)
        return result

    def read(self) -> None:
        reader = RowReader.of(self.source, self.batch.received_at, self.cache.texts)
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
            self.cache.missing(Account, (row.account for row in rows)),
            self.cache.missing(Counterparty, (row.counterparty for row in rows if row.counterparty)),
            len(rows),
        )

    def find_new(self, indexes: Iterable[int], existing: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
        """The index of each new external id. Rows that are in already become duplicates, or faults if they differ."""
        rows = {index: self.rows[index] for index in indexes}
        new: dict[str, int] = {}
        salts = bulk_load.salts_of(
            [existing[row.external_id][0] for row in rows.values() if row.salt and row.external_id in existing]
        )
        for index, row in rows.items():
            if row.external_id in existing:
                pk, digest = existing[row.external_id]
                self.compare(index, digest, salts.get(pk), pk, f"as transaction {pk}")
            elif (first := new.setdefault(row.external_id, index)) != index:
                other = self.rows[first]
                self.compare(index, other.digest, other.salt, None, "earlier in the same batch")
        return new

    def compare(self, index: int, digest: bytes, salt: bytes | None, pk: int | None, where: str) -> None:
        row = self.rows[index]
        if row.is_same(digest, salt):
            self.results[index] = self.result(index, RowStatus.DUPLICATE, transaction_id=pk)
        else:
            self.faults[index] = RowFault(
                QuarantineReason.CONFLICT,
                f"external_id “{row.external_id}” came with other content {where}; that one stays.",
            )

    def insert(self, new: dict[str, int], existing: bulk_load.ExistingRows) -> None:
        rows = [self.rows[index] for index in new.values()]
        if rows:
            self.prepared = hooks.prepare_assessment(self.source)
        accounts = self.parties(Account, {row.account for row in rows}, existing.accounts)
        names = {row.counterparty for row in rows if row.counterparty}
        others = self.parties(Counterparty, names, existing.counterparties)
        values = [
            self.values(pk, position, row, accounts[row.account], others.get(row.counterparty))
            for position, (pk, row) in enumerate(zip(existing.ids, rows, strict=False))
        ]
        inserted = bulk_load.add_transactions(values)
        transactions = [
            self.transaction(each, accounts[row.account], others.get(row.counterparty))
            for each, row in zip(values, rows, strict=True)
        ]
        self.transactions = [each for each in transactions if each.id in inserted]
        if len(inserted) < len(transactions):
            # The insert skipped what another batch had committed since `look_up`.
            self.resolve_race({each.external_id for each in transactions if each.id not in inserted}, new)
        for each in self.transactions:
            index = new[each.external_id]
            self.results[index] = self.result(
                index, RowStatus.ACCEPTED, transaction_id=each.id, account_id=each.account_id
            )
        self.resolve_repeats()
        self.add_labels(new)
        accepted = [(each.id, self.rows[new[each.external_id]]) for each in self.transactions]
        bulk_load.add_payment_parties(accepted)
        counterparty_fill(self.batch, others, (row for _, row in accepted))

    def parties(self, model: type[P], names: set[str], existing: bulk_load.ExistingParties) -> dict[str, P]:
        """By their names; those that are new are made."""
        missing = self.cache.missing(model, names)
        return self.cache.with_kept(
            model, names, bulk_load.ensure_parties(model, self.source, missing, existing) if missing else {}
        )

    def resolve_repeats(self) -> None:
        """A row that repeats one of its own batch gets the id of that one's transaction."""
        pks = {each.external_id: each.id for each in self.transactions}
        for result in self.results.values():
            if result.transaction_id is None:
                result.transaction_id = pks[result.external_id]

    def resolve_race(self, lost: set[str], new: dict[str, int]) -> None:
        """Treat `lost` external ids as known ones: another batch inserted them while this one was at work."""
        indexes = [index for index, row in self.rows.items() if row.external_id in lost]
        for index in indexes:
            self.results.pop(index, None)
            self.faults.pop(index, None)
        self.find_new(indexes, bulk_load.existing_transactions(self.source, sorted(lost)))
        for external_id in lost:
            del new[external_id]
        # Positions run without a gap: the root of the batch is over its rows in their order.
        for position, each in enumerate(self.transactions):
            each.position = position
        Transaction.objects.bulk_update(self.transactions, ["position"], batch_size=1000)

    def add_labels(self, new: dict[str, int]) -> None:
        labels = ((each.id, self.rows[new[each.external_id]].label) for each in self.transactions)
        bulk_load.add_labels([(pk, label) for pk, label in labels if label])

    def labelled_duplicates(self) -> list[LabelledRow]:
        """Rows that were in already and have a label."""
        return [
            LabelledRow(result.transaction_id, label, self.raw[index])
            for index, result in sorted(self.results.items())
            if result.status == RowStatus.DUPLICATE
            and result.transaction_id is not None
            and index in self.rows
            and (label := self.rows[index].label)
        ]

    def supersede(self, waiting: Mapping[str, list[int]]) -> None:
        """Settle what waited in quarantine for rows that are in now."""
        # A release settles its own row, and those beside it, itself.
        if waiting and self.batch.method != IngestMethod.RELEASE:
            pairs = [(pk, each.id) for each in self.transactions for pk in waiting.get(each.external_id, ())]
            quarantine_supersede(self.actor, self.batch, pairs)

    def quarantine(self) -> None:
        if self.faults:
            rows = {index: (self.raw[index], fault) for index, fault in self.faults.items()}
            self.results |= quarantine_faults(self.batch, rows, self.result)

    def save_batch(self) -> None:
        batch = self.batch
        set_counts(batch, self.results.values())
        # One event commits to each row (decision 8): a row stays provable at a few bytes of cost.
        batch.root = merkle.root([leaf_hash(bytes(each.digest)) for each in self.transactions])
        # Written last and once, with its counts: foreign keys to it are deferred, and checked at the commit.
        batch.actor = acting_user(self.actor)
        insert_instances([batch], later=True)
        record(actor=self.actor, action="batch.ingest", subject=batch, data=batch_event(batch), later=True)

    def assess(self) -> None:
        if not self.transactions:
            return
        accepted = (result for result in self.results.values() if result.status == RowStatus.ACCEPTED)
        by_pk = {result.transaction_id: result for result in accepted}
        for assessed in hooks.assess(
            batch=self.batch, transactions=self.transactions, prepared=self.prepared, cache=self.import_cache
        ):
            result = by_pk[assessed.transaction_id]
            result.outcome, result.score, result.alert_id = assessed.outcome, assessed.score, assessed.alert_id
            result.evidence = assessed.evidence

    def values(
        self, pk: int, position: int, row: ValidRow, account: Account, other: Counterparty | None
    ) -> tuple[Any, ...]:
        """In the order of `bulk_load.TRANSACTION_FIELDS`."""
        return (
            pk, self.source.id, row.external_id, self.batch.id, position, account.id, other.id if other else None,
            row.occurred_at, self.batch.received_at, row.amount_minor, row.currency, row.direction, row.channel,
            row.country, row.memo, row.digest, account.unit_id, row.details.method, row.details.counterparty_country,
            row.details.balance_after_minor, row.details.attributes_json,
        )  # fmt: skip

    def transaction(self, values: Sequence[Any], account: Account, counterparty: Counterparty | None) -> Transaction:
        # As `from_db` makes it, at a tenth of the time: ten thousand rows wait for it.
        transaction, state = Transaction.__new__(Transaction), ModelState()
        state.adding, state.db = False, self.batch._state.db
        state.fields_cache = {
            "source": self.source, "batch": self.batch, "account": account, "counterparty": counterparty
        }  # fmt: skip
        attributes = vars(transaction)
        attributes.update(zip(bulk_load.TRANSACTION_FIELDS, values, strict=True))
        if attributes["attributes"]:
            # JSON for the database; whoever assesses the row reads the values.
            attributes["attributes"] = json.loads(attributes["attributes"])
        attributes["_state"] = state
        return transaction

    def result(self, index: int, status: RowStatus, **more: Any) -> RowResult:
        row = self.rows.get(index)
        return RowResult(self.batch.first_row + index, row.external_id if row else "", status, **more)
