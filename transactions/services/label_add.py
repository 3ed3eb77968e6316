from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from finobs.accounts.models import User
from finobs.core.service import service

from ..choices import OUTSIDE_ORIGINS, LabelOrigin
from ..models import Label, PastLabel
from .label_watermark import label_watermark

MAX_LABELS_PER_STATEMENT = 1_000


@service
def label_add(
    *,
    actor: User,
    transactions: Iterable[int],
    origin: LabelOrigin,
    is_suspicious: bool,
    known_at: datetime,
    typology: str = "",
) -> list[int]:
    """Write down what people concluded of these transactions (ids); return those that got a label, in rising order.

    One that was concluded so before keeps its label, so that a repeated call adds nothing; labels from outside stay as
    they are. One that was concluded otherwise is corrected: what was said is kept as it stood (`PastLabel`), and the
    correction is told to transactions that come in from now. Every transaction that occurs after `known_at` is told of
    a first conclusion, whatever its id (its watermark is 0): nobody concludes at a moment that is over, so whatever was
    decided before the conclusion occurred before it. The exception is what is dated ahead (at most a day, as ingestion
    allows) and was decided before: described again, it is told of it.
    Who may: whoever the calling service let conclude. Records nothing: the event of the conclusion names the labels.
    Raises ValueError for an origin from outside, whose labels come in by `ingest` and `labels_add`.
    """
    if origin in OUTSIDE_ORIGINS:
        raise ValueError(f"labels of the origin {origin} come from outside")
    ids = sorted(set(transactions))
    present = {label.transaction_id: label for label in _present(ids, origin)}
    # A watermark of 0 (decision 20): unlike a label from outside, a conclusion names no moment that is over.
    new = [pk for pk in ids if pk not in present]
    labels = [
        Label(
            transaction_id=pk, origin=origin, is_suspicious=is_suspicious, typology=typology, known_at=known_at,
            watermark=0,
        )
        for pk in new
    ]  # fmt: skip
    Label.objects.bulk_create(labels, batch_size=MAX_LABELS_PER_STATEMENT)
    otherwise = [
        label for label in present.values() if (label.is_suspicious, label.typology) != (is_suspicious, typology)
    ]
    if otherwise:
        _correct(otherwise, is_suspicious, typology, known_at)
    return sorted([*new, *(label.transaction_id for label in otherwise)])


def _correct(labels: list[Label], is_suspicious: bool, typology: str, known_at: datetime) -> None:
    watermark = label_watermark()
    fields = ("transaction_id", "is_suspicious", "typology", "known_at", "watermark", "origin")
    PastLabel.objects.bulk_create(
        [PastLabel(**{name: getattr(label, name) for name in fields}, replaced_after=watermark) for label in labels],
        batch_size=MAX_LABELS_PER_STATEMENT,
    )
    for label in labels:
        label.is_suspicious, label.typology = is_suspicious, typology
        label.known_at, label.watermark = known_at, watermark
    changed = ("is_suspicious", "typology", "known_at", "watermark")
    Label.objects.bulk_update(labels, changed, batch_size=MAX_LABELS_PER_STATEMENT)


def _present(ids: list[int], origin: LabelOrigin) -> Iterator[Label]:
    for start in range(0, len(ids), MAX_LABELS_PER_STATEMENT):
        yield from Label.objects.filter(origin=origin, transaction_id__in=ids[start : start + MAX_LABELS_PER_STATEMENT])
