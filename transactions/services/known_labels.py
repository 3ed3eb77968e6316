"""Labels that come again with rows which are in already: what is new in them is a batch of labels of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import transaction

from ..choices import OUTSIDE_ORIGINS
from ..models import Batch, Label, LabelContent, PastLabel
from ..row_validation import RawRow, RowLabel
from .label_add import MAX_LABELS_PER_STATEMENT
from .labels import LabelsAddResult, labels_add


def labels_known(transactions: Collection[int]) -> dict[int, list[LabelContent]]:
    """What was said from outside of each of these transactions (ids), as it stands and as it stood."""
    known: dict[int, list[LabelContent]] = {}
    pks = sorted(transactions)
    for start in range(0, len(pks), MAX_LABELS_PER_STATEMENT):
        some = pks[start : start + MAX_LABELS_PER_STATEMENT]
        for label in Label.objects.filter(origin__in=OUTSIDE_ORIGINS, transaction_id__in=some):
            known.setdefault(label.transaction_id, []).append(label)
        for past in PastLabel.objects.filter(transaction_id__in=some):
            known.setdefault(past.transaction_id, []).append(past)
    return known


def is_same_label(known: LabelContent, label: RowLabel, raw: RawRow) -> bool:
    """Whether the row says what is known. Who leaves out since when repeats whatever moment stands."""
    if (known.is_suspicious, known.typology) != (label.is_suspicious, label.typology):
        return False
    return not raw.fields.get("label_known_at") or known.known_at == label.known_at


def add_labels_after_commit(batch: Batch, rows: Sequence[RawRow], results: list[LabelsAddResult]) -> None:
    """Hand `rows` to `labels_add` once `batch` is in, and put what became of them into `results`.

    Not before: while labels are written nothing comes in, and who waits for that while holding rows of its own would
    wait for whoever waits for those.
    """

    def add() -> None:
        results.append(
            labels_add(
                actor=batch.actor, source=batch.source, rows=rows, file_name=batch.file_name, first_row=batch.first_row
            )
        )

    transaction.on_commit(add)
