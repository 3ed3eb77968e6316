"""Labels that come again with rows which are in already: what is new in them is a batch of labels of its own."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from django.db import Error, transaction

from finobs.accounts.models import User
from finobs.core.db.failures import text_without_values
from finobs.core.errors import FinobsError

from ..choices import OUTSIDE_ORIGINS, LabelStatus
from ..models import Batch, Label, LabelBatch, LabelContent, PastLabel
from ..row_validation import RawRow, RowLabel
from .label_add import MAX_LABELS_PER_STATEMENT
from .labels import LABEL_ROW_FIELDS, LabelResult, LabelsAddResult, labels_add

log = logging.getLogger("finobs.transactions")
NOT_ADDED: Final = "not-added"


class LabelledRow(NamedTuple):
    """A row of a transaction (its id) that is in, and the label that it came with."""

    transaction: int
    label: RowLabel
    raw: RawRow


def add_new_labels(actor: User, batch: Batch, rows: Sequence[LabelledRow], results: list[LabelsAddResult]) -> None:
    """Hand what the labels of `rows` say new to `labels_add` once `batch` is in; what became of it is put in `results`.

    Not before: while labels are written nothing comes in, and who waits for that while holding rows of its own would
    wait for whoever waits for those (decision 26). If it fails then, the rows are in none the less: nothing is raised,
    and its labels count as refused. They are taken when the rows come again.
    """
    earlier = _labels_of({row.transaction for row in rows})
    new_rows = [
        RawRow({name: value for name, value in row.raw.fields.items() if name in LABEL_ROW_FIELDS})
        for row in rows
        if not any(_is_same(each, row) for each in earlier.get(row.transaction, ()))
    ]
    if new_rows:
        # Robust: whatever else goes wrong is logged too, for the answer is about rows that are in.
        transaction.on_commit(lambda: results.append(_add(actor, batch, new_rows)), robust=True)


def _add(actor: User, batch: Batch, rows: Sequence[RawRow]) -> LabelsAddResult:
    """What became of the labels of `rows`, which come after `batch`; all refused where they could not be added."""
    try:
        return labels_add(
            actor=actor, source=batch.source, rows=rows, file_name=batch.file_name, first_row=batch.first_row
        )
    except (FinobsError, Error) as error:
        why = error.message if isinstance(error, FinobsError) else text_without_values(error)
        log.error(
            "batch %s is in, but %d labels of rows that were in before it are not: %s. Send its rows again.",
            batch.pk, len(rows), why,
        )  # fmt: skip
        return _all_refused(actor, batch, rows, why)


def _all_refused(actor: User, batch: Batch, rows: Sequence[RawRow], why: str) -> LabelsAddResult:
    """As `labels_add` would say it, of a batch that was not saved."""
    refused = LabelBatch(
        source=batch.source, actor=actor, file_name=batch.file_name, first_row=batch.first_row,
        received_at=batch.received_at, received=len(rows), refused=len(rows),
    )  # fmt: skip
    results = [
        LabelResult(
            batch.first_row + index, row.fields["external_id"], LabelStatus.REFUSED, reason=NOT_ADDED, detail=why
        )
        for index, row in enumerate(rows)
    ]
    return LabelsAddResult(refused, results)


def _labels_of(transactions: Collection[int]) -> dict[int, list[LabelContent]]:
    """What was said from outside of each of these transactions (ids), as it stands and as it stood."""
    labels: dict[int, list[LabelContent]] = {}
    pks = sorted(transactions)
    for start in range(0, len(pks), MAX_LABELS_PER_STATEMENT):
        some = pks[start : start + MAX_LABELS_PER_STATEMENT]
        for label in Label.objects.filter(origin__in=OUTSIDE_ORIGINS, transaction_id__in=some):
            labels.setdefault(label.transaction_id, []).append(label)
        for past in PastLabel.objects.filter(origin__in=OUTSIDE_ORIGINS, transaction_id__in=some):
            labels.setdefault(past.transaction_id, []).append(past)
    return labels


def _is_same(earlier: LabelContent, row: LabelledRow) -> bool:
    """Whether the row says what was said. Who leaves out since when repeats whatever moment stands."""
    if (earlier.is_suspicious, earlier.typology) != (row.label.is_suspicious, row.label.typology):
        return False
    return not row.raw.fields.get("label_known_at") or earlier.known_at == row.label.known_at
