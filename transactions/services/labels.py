"""Labels that come after their transactions: chargebacks, confirmed frauds, and corrections of what was said before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.canonical import canonical
from finobs.ledger.services import acting_user, leaf_hash, record, timestamp

from .. import bulk_load
from ..choices import OUTSIDE_ORIGINS, LabelOrigin, LabelStatus, QuarantineReason
from ..file_names import plain_file_name
from ..models import Label, LabelBatch, LabelContent, PastLabel, Source
from ..row_validation import LABEL_FIELDS, RawRow, RowFault, RowLabel, RowReader, quoted, text
from .feed import require_feed
from .label_add import MAX_LABELS_PER_STATEMENT
from .label_watermark import label_watermark
from .quarantine_add import printable_fields
from .row_batch import BatchResult, BatchRowResult, check_size

LABEL_ROW_FIELDS: Final = frozenset({"external_id", *LABEL_FIELDS})
UNKNOWN_TRANSACTION: Final = "unknown-transaction"


@dataclass(slots=True)
class LabelResult(BatchRowResult):
    status: LabelStatus


class LabelsAddResult(BatchResult[LabelBatch, LabelResult]):
    """A batch of labels, and what became of its rows."""

    __slots__ = ()


@service
def labels_add(
    *, actor: User, source: Source, rows: Sequence[RawRow], file_name: str = "", first_row: int = 1
) -> LabelsAddResult:
    """Take up to 10,000 labels (external_id, is_suspicious, typology, label_known_at) of transactions that are in.

    Who may: `transaction:create`, with a grant to feed the unit. Each is accepted (there was none), corrects what
    stood (which is kept), is known already, or is refused with the reason and kept with the batch: an unknown
    transaction, a label that cannot be read, one that says again what was corrected since, or two that contradict one
    another in one call. What people concluded of a transaction is another label, which stays as it is. They count for
    transactions only that come in after them. Records `batch.label` with the counts and the RFC 6962 root over the
    digests of what was taken, in the order of the rows. Raises Invalid for no rows, TooLarge.
    """
    require_feed(actor, "label", source)
    check_size(rows)
    batch = LabelBatch(
        source=source, actor=actor, file_name=plain_file_name(file_name), first_row=first_row, received_at=clock.now(),
        received=len(rows),
    )  # fmt: skip
    return _LabelBatchAdd(batch, rows).run()


def label_digest(source: str, external_id: str, label: RowLabel | LabelContent) -> bytes:
    """SHA-256 of the canonical bytes of what a label says."""
    content: dict[str, Any] = {"source": source, "external_id": external_id, "typology": label.typology}
    content |= {"is_suspicious": label.is_suspicious, "label_known_at": timestamp(label.known_at)}
    return hashlib.sha256(canonical(content)).digest()


class _LabelBatchAdd:
    """One batch of labels: rows by their index, results in the same order."""

    def __init__(self, batch: LabelBatch, raw: Sequence[RawRow]) -> None:
        self.batch, self.source, self.raw = batch, batch.source, raw
        self.results: dict[int, LabelResult] = {}
        self.rows: dict[int, tuple[str, RowLabel]] = {}
        self.new: dict[int, RowLabel] = {}  # by transaction
        self.corrected: dict[int, RowLabel] = {}
        self.digests: list[bytes] = []

    def run(self) -> LabelsAddResult:
        self.read()
        existing = bulk_load.existing_transactions(
            self.source, sorted({external_id for external_id, _ in self.rows.values()})
        )
        self.watermark = label_watermark()
        pks = [pk for pk, _ in existing.values()]
        outside = Label.objects.filter(origin__in=OUTSIDE_ORIGINS)
        self.current = {label.transaction_id: label for label in _of(outside, pks)}
        self.past = list(_of(PastLabel.objects.filter(origin__in=OUTSIDE_ORIGINS), pks))
        for index, (external_id, label) in self.rows.items():
            if external_id in existing:
                self.compare(index, existing[external_id][0], label)
            else:
                self.refuse(
                    index,
                    UNKNOWN_TRANSACTION,
                    f"{self.source.slug} has brought in no transaction {quoted(external_id)}.",
                )
        self.save_batch()
        self.save_labels()
        return LabelsAddResult(self.batch, [self.results[index] for index in range(len(self.raw))])

    def read(self) -> None:
        source = self.source
        reader = RowReader(
            slug=source.slug, default_currency="", time_zone=source.time_zone, now=self.batch.received_at
        )  # fmt: skip
        for index, raw in enumerate(self.raw):
            try:
                self.rows[index] = _read(reader, raw)
            except RowFault as fault:
                self.refuse(index, fault.reason.value, fault.detail)

    def compare(self, index: int, pk: int, label: RowLabel) -> None:
        """New, known, a correction, or a contradiction. Who leaves out since when repeats whatever moment stands."""
        earlier = self.new.get(pk) or self.corrected.get(pk)
        present: RowLabel | LabelContent | None = earlier or self.current.get(pk)
        has_time = bool(self.raw[index].fields.get("label_known_at"))
        if present is not None and _same(present, label, has_time):
            self.result(index, LabelStatus.DUPLICATE, pk)
        elif earlier is not None:
            self.refuse(
                index, QuarantineReason.CONFLICT, "Another row of this call says something else of it; that one stays."
            )
        elif any(_same(past, label, has_time) for past in self.past if past.transaction_id == pk):
            self.refuse(
                index, QuarantineReason.CONFLICT,
                "It said so before it was corrected. To say it again, give the moment since when it is known.",
            )  # fmt: skip
        else:
            (self.new if present is None else self.corrected)[pk] = label
            self.digests.append(label_digest(self.source.slug, self.rows[index][0], label))
            self.result(index, LabelStatus.ACCEPTED if present is None else LabelStatus.CORRECTED, pk)

    def result(self, index: int, status: LabelStatus, pk: int | None = None, **more: str) -> None:
        external_id = self.rows[index][0] if index in self.rows else _name(self.raw[index])
        self.results[index] = LabelResult(self.batch.first_row + index, external_id, status, pk, **more)

    def refuse(self, index: int, reason: str, detail: str) -> None:
        self.result(index, LabelStatus.REFUSED, reason=str(reason), detail=detail)

    def save_batch(self) -> None:
        batch, ordered = self.batch, [self.results[index] for index in range(len(self.raw))]
        for status in LabelStatus:
            setattr(batch, status.value, sum(result.status == status for result in ordered))
        batch.refusals = [
            {"row": result.row_number, "reason": result.reason, "detail": result.detail,
             "fields": printable_fields(self.raw[index].fields)}
            for index, result in enumerate(ordered) if result.status == LabelStatus.REFUSED
        ]  # fmt: skip
        batch.root = merkle.root([leaf_hash(each) for each in self.digests])
        actor, batch.actor = batch.actor, acting_user(batch.actor)
        batch.save(force_insert=True)
        data = {name: getattr(batch, name) for name in ("received", *LabelStatus.values)}
        data |= {"source": self.source.slug, "file": batch.file_name, "first_row": batch.first_row}
        data |= {"watermark": str(self.watermark), "root": batch.root.hex()}
        record(actor=actor, action="batch.label", subject=batch, data=data)

    def save_labels(self) -> None:
        bulk_load.add_labels(sorted(self.new.items()), self.batch, self.watermark)
        changed = [self.current[pk] for pk in sorted(self.corrected)]
        PastLabel.objects.bulk_create([self.replaced(label) for label in changed], batch_size=MAX_LABELS_PER_STATEMENT)
        for label in changed:
            for name, value in self.corrected[label.transaction_id]._asdict().items():
                setattr(label, name, value)
            label.watermark, label.origin, label.label_batch = self.watermark, LabelOrigin.BATCH, self.batch
        fields = ("is_suspicious", "typology", "known_at", "watermark", "origin", "label_batch")
        Label.objects.bulk_update(changed, fields, batch_size=MAX_LABELS_PER_STATEMENT)

    def replaced(self, label: Label) -> PastLabel:
        fields = ("transaction_id", "is_suspicious", "typology", "known_at", "watermark", "origin", "label_batch_id")
        return PastLabel(
            **{name: getattr(label, name) for name in fields}, replaced_by=self.batch, replaced_after=self.watermark
        )


def _read(reader: RowReader, raw: RawRow) -> tuple[str, RowLabel]:
    if raw.fault:
        raise raw.fault
    if not raw.fields.keys() <= LABEL_ROW_FIELDS:
        unknown = sorted(quoted(name) for name in raw.fields.keys() - LABEL_ROW_FIELDS)
        raise RowFault(QuarantineReason.UNKNOWN_FIELD, f"A label has no field named {', '.join(unknown[:5])}.")
    external_id = text(raw.fields, "external_id")
    label = reader.label(raw.fields)
    if not external_id or label is None:
        raise RowFault(QuarantineReason.MISSING, f"{'is_suspicious' if external_id else 'external_id'} is empty.")
    if label.known_at > reader.latest:
        raise RowFault(QuarantineReason.DATE, f"label_known_at is {label.known_at:%Y-%m-%d}: nobody knows it yet.")
    return external_id, label


def _name(raw: RawRow) -> str:
    """The id as far as it can be read."""
    value = raw.fields.get("external_id")
    return quoted(value)[1:-1] if isinstance(value, str) else ""


def _same(present: RowLabel | LabelContent, label: RowLabel, has_time: bool) -> bool:
    is_same = (present.is_suspicious, present.typology) == (label.is_suspicious, label.typology)
    return is_same and (not has_time or present.known_at == label.known_at)


def _of(labels: QuerySet[Any], pks: Sequence[int]) -> Iterable[Any]:
    for start in range(0, len(pks), MAX_LABELS_PER_STATEMENT):
        yield from labels.filter(transaction_id__in=pks[start : start + MAX_LABELS_PER_STATEMENT])
